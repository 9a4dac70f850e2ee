import type { Action } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { passkeysWork } from "../api/passkey.ts";
import { ask } from "../api/queries.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { Hostile } from "../text/hostile.tsx";
import { BreakGlassGuard } from "./break-glass.tsx";
import { DryRunView } from "./dry-run.tsx";
import { NoPasskey } from "./no-passkey.tsx";
import { placeOf, PlaceField } from "./place-field.tsx";
import { ReadText } from "./read-text.tsx";
import { useFreshDryRun } from "./use-fresh-dry-run.ts";
import { useDecide, type Decides } from "./use-decide.ts";
import { ActionWords } from "./what.tsx";

const WORDS = {
  approve: {
    title: "Approve this",
    verb: "Approve",
    label: "Comment",
    hint: "Optional. It is signed, and kept with your approval.",
    required: false,
    tone: "primary",
  },
  reject: {
    title: "Reject this request",
    verb: "Reject",
    label: "Reason",
    hint: "The requester reads it. It is signed, and the audit log keeps it.",
    required: true,
    tone: "danger",
  },
  withdraw: { title: "Take your approval back", verb: "Take it back", tone: "danger" },
  break_glass: {
    title: "Break the glass",
    verb: "Run it without approvals",
    label: "What cannot wait, and why",
    hint: "Everybody who approves is told, with these words. They are signed, and the audit log keeps them.",
    required: true,
    tone: "danger",
  },
} as const;

type SignedProps = Readonly<{ action: Action; decides: Decides; onClose: () => void }>;

/** Says something about an action under one's signature: first what it is about, then the text itself, then the passkey. */
export function SignedDialog({ action, decides, onClose }: SignedProps): ReactNode {
  // What was on screen when it was opened: whatever comes in meanwhile is another request, and is refused as such.
  const [shown, setShown] = useState(action);
  const [said, setSaid] = useState<string>();
  const decide = useDecide({ action: shown, decides, onDone: onClose });
  const runs = decides === "approve" || decides === "break_glass";
  const fresh = useFreshDryRun({ action: shown, wanted: runs, onFresh: setShown });
  const { title, verb, tone } = WORDS[decides];
  const read = decide.asked.data;
  const submit = (form: FormData): void => {
    const words = formText(form, "words");
    setSaid(words);
    decide.asked.mutate({ words: words === "" ? undefined : words, delegation: placeOf(form, shown) });
  };
  if (read !== undefined)
    return (
      <Dialog title={title} onClose={onClose}>
        <ReadText
          read={read}
          verb={decide.sent.isPending ? "Waiting for the passkey…" : `Sign: ${verb.toLowerCase()}`}
          tone={tone}
          error={decide.sent.error}
          busy={decide.sent.isPending}
          onSign={() => decide.sent.mutate(read.statement)}
          onBack={() => decide.asked.reset()}
        >
          You put your name under exactly this. It counts once, for this request as it is now.
        </ReadText>
      </Dialog>
    );
  return (
    <Dialog title={title} onClose={onClose} wide={fresh.changed}>
      <Form onData={submit}>
        <p className="lead">
          <ActionWords action={shown} />.
        </p>
        {runs ? <Consequence action={shown} fresh={fresh} /> : null}
        {decides === "break_glass" ? <BreakGlassGuard action={shown} /> : null}
        <PlaceField action={shown} decides={decides} />
        <WordsField decides={decides} said={said} />
        <CannotSign action={shown} decides={decides} />
        <FormEnd
          verb={decide.asked.isPending ? "One moment…" : "Read what you sign"}
          cancel="Not now"
          error={decide.asked.error ?? fresh.error}
          busy={decide.asked.isPending || fresh.busy}
          possible={passkeysWork() && (!runs || shown.dryRun?.ok === true)}
          onCancel={onClose}
        />
      </Form>
    </Dialog>
  );
}

type ConsequenceProps = Readonly<{ action: Action; fresh: ReturnType<typeof useFreshDryRun> }>;

/** What would change. A dry run too old is made anew first; what it then says otherwise is shown in full. */
function Consequence({ action: { dryRun, target }, fresh }: ConsequenceProps): ReactNode {
  if (fresh.busy) return <p role="status">The dry run is more than 15 minutes old: it runs again first…</p>;
  if (dryRun === null) return null;
  if (fresh.changed)
    return (
      <>
        <p role="status">
          <strong>The dry run ran again, and says something else now.</strong>
        </p>
        <DryRunView dryRun={dryRun} target={target} />
      </>
    );
  return (
    <>
      <p>{dryRun.summary}</p>
      {dryRun.warnings.map((warning) => (
        <p key={warning} className="warning">
          <Hostile text={warning} limit={500} />
        </p>
      ))}
    </>
  );
}

function WordsField({ decides, said }: Readonly<{ decides: Decides; said: string | undefined }>): ReactNode {
  if (decides === "withdraw") return <p>Without it the request may have to wait for somebody else.</p>;
  const { label, hint, required } = WORDS[decides];
  return (
    <Field label={label} hint={hint}>
      {(control) => (
        <textarea
          {...control}
          name="words"
          rows={required ? 3 : 2}
          required={required}
          maxLength={1000}
          defaultValue={said}
        />
      )}
    </Field>
  );
}

/** Said before anything is typed, not after. */
function CannotSign({ action, decides }: Readonly<{ action: Action; decides: Decides }>): ReactNode {
  const { data } = useQuery(ask("account.methods", {}));
  if (passkeysWork() && (data === undefined || data.passkeys > 0)) return null;
  return <NoPasskey decides={decides} id={action.id} />;
}
