import { Popover } from "radix-ui";
import { useState, type ReactNode } from "react";
import { Field, formText } from "../kit/field.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";
import { controlText, parseControl } from "./format.ts";
import { useZone } from "./use-zone.ts";

type Range = Readonly<{ from: string | undefined; to: string | undefined }>;
type TimeRangeProps = Range & Readonly<{ onChange: (range: Range) => void }>;

/** From and before, read in the zone of the header's switch. */
export function TimeRange({ from, to, onChange }: TimeRangeProps): ReactNode {
  const zone = useZone();
  const [open, setOpen] = useState(false);
  const submit = (form: FormData): void => {
    onChange({ from: parseControl(formText(form, "from"), zone), to: parseControl(formText(form, "to"), zone) });
    setOpen(false);
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger className="button" type="button">
        <Icon name="clock" /> Time
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover" align="end" sideOffset={6} aria-label="Time range">
          <Form onData={submit}>
            <Field label={`From (${zone === "utc" ? "UTC" : "local time"})`}>
              {(control) => (
                <input {...control} type="datetime-local" step={1} name="from" defaultValue={controlText(from, zone)} />
              )}
            </Field>
            <Field label="Before">
              {(control) => (
                <input {...control} type="datetime-local" step={1} name="to" defaultValue={controlText(to, zone)} />
              )}
            </Field>
            <p className="form-foot">
              <button type="submit" className="button primary">
                Apply
              </button>
            </p>
          </Form>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
