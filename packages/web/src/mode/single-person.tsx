import {
  SINGLE_PERSON_DELAY_MINUTES as DELAY,
  SINGLE_PERSON_ENDS_AFTER_HOURS,
  type SinglePersonView,
} from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";
import { Loaded } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

/** Whether one's own approval counts, who said so and why, and how to turn that on and off. */
export function SinglePerson(): ReactNode {
  const query = useQuery(ask("singlePerson.get", {}));
  return (
    <section className="card" aria-labelledby="single-person">
      <h2 id="single-person">Deciding alone</h2>
      <Loaded query={query} lines={3}>
        {(view) => <State view={view} />}
      </Loaded>
    </section>
  );
}

function State({ view }: Readonly<{ view: SinglePersonView }>): ReactNode {
  const can = useCan();
  const [open, setOpen] = useState(false);
  const { on, delayMinutes } = view;
  return (
    <>
      {on ? (
        <p className="warning">
          <Icon name="alert" size={14} />
          <span>
            Single-person mode is on: one’s own approval counts after {delayMinutes ?? "some"} minutes, where nobody
            else can approve.
          </span>
        </p>
      ) : (
        <p>Off: nobody’s own approval counts.</p>
      )}
      <LastChange view={view} />
      {can("single_person:write") ? (
        <p>
          <button type="button" className="button small" onClick={() => setOpen(true)}>
            {on ? "Turn it off" : "Let one person decide alone"}
          </button>
        </p>
      ) : null}
      {open ? <Change on={!on} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function LastChange({ view: { on, change, endsAt } }: Readonly<{ view: SinglePersonView }>): ReactNode {
  if (change === null) return null;
  return (
    <dl className="facts">
      <dt>{on ? "On since" : "Changed"}</dt>
      <dd>
        <Time at={change.at} /> by <Hostile text={change.by.name} limit={80} />
      </dd>
      <dt>Why</dt>
      <dd>
        <Hostile text={change.reason} limit={1000} />
      </dd>
      {on ? (
        <>
          <dt>Ends</dt>
          <dd>
            {endsAt === null ? (
              `${SINGLE_PERSON_ENDS_AFTER_HOURS} hours after somebody else may approve`
            ) : (
              <>
                <Time at={endsAt} show="age" />, as somebody else may approve by now
              </>
            )}
          </dd>
        </>
      ) : null}
    </dl>
  );
}

function Change({ on, onClose }: Readonly<{ on: boolean; onClose: () => void }>): ReactNode {
  const set = useAct("singlePerson.set", {
    stale: ["singlePerson", "mode", "overview", "action"],
    done: () => ({ text: on ? "One’s own approval counts, later" : "Nobody’s own approval counts any more" }),
    after: onClose,
  });
  const submit = (form: FormData): void => {
    const delayMinutes = on ? { delayMinutes: Number(formText(form, "delay")) } : {};
    set.mutate({ body: { on, reason: formText(form, "reason"), ...delayMinutes } });
  };
  return (
    <Dialog title={on ? "Let one person decide alone" : "Turn single-person mode off"} onClose={onClose}>
      <Form onData={submit}>
        {on ? <WhatItMeans /> : <p>What asks for approval waits for another person again.</p>}
        {on ? <DelayField /> : null}
        <Field label="Reason" hint="Everybody who decides is told, with these words; they join the audit log.">
          {(control) => <textarea {...control} name="reason" rows={2} required maxLength={1000} />}
        </Field>
        <FormEnd
          verb={on ? "Turn it on" : "Turn it off"}
          tone={on ? "danger" : "primary"}
          error={set.error}
          busy={set.isPending}
          onCancel={onClose}
        />
      </Form>
    </Dialog>
  );
}

function WhatItMeans(): ReactNode {
  return (
    <div className="notice notice-warn">
      <Icon name="alert" />
      <div className="notice-body">
        <strong>For an installation one person runs</strong>
        <ul className="bullets">
          <li>Whoever asks for something may approve it too. Whoever takes over that one account only has to wait.</li>
          <li>It counts for what needs one approval. What needs two people stays shut.</li>
          <li>Until it counts, the request can be cancelled and the approval taken back.</li>
          <li>It is refused while two people may approve, and ends by itself a day after a second one may.</li>
        </ul>
      </div>
    </div>
  );
}

function DelayField(): ReactNode {
  return (
    <Field
      label="One’s own approval counts after (minutes)"
      hint={`From ${DELAY.min} to ${DELAY.max}: so long others have to step in.`}
    >
      {(control) => (
        <input
          {...control}
          name="delay"
          type="number"
          required
          min={DELAY.min}
          max={DELAY.max}
          step={1}
          defaultValue={DELAY.usual}
        />
      )}
    </Field>
  );
}
