import { isId, type CampaignId, type IdentityId } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";
import { visibleText } from "../text/visible-text.ts";

/** What can be merged: a rung of the ladder above the address. */
export type Rung = Readonly<{ noun: "identity"; id: IdentityId }> | Readonly<{ noun: "campaign"; id: CampaignId }>;

const STALE = ["attacker", "identity", "campaign", "ttp", "audit"] as const;

function Reason(): ReactNode {
  return (
    <Field label="Reason" hint="Everybody sees it here; it joins the audit log.">
      {(control) => <textarea {...control} name="reason" rows={2} required maxLength={4000} />}
    </Field>
  );
}

type UnmergeProps = Readonly<{ rung: Rung; of: string }>;
type Closing = Readonly<{ onClose: () => void }>;

/** Takes a merged one out again: asked first, with a reason, for it is never merged by itself again. */
export function Unmerge({ rung, of }: UnmergeProps): ReactNode {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <button type="button" className="button small" onClick={() => setAsked(true)}>
        Take out <span className="sr-only">{visibleText(of, 60)}</span>
      </button>
      {asked ? <ConfirmUnmerge rung={rung} of={of} onClose={() => setAsked(false)} /> : null}
    </>
  );
}

function ConfirmUnmerge({ rung, of, onClose }: UnmergeProps & Closing): ReactNode {
  const { noun } = rung;
  const said = { text: `The ${noun} stands alone again`, ref: rung.id };
  const identity = useAct("identity.unmerge", { stale: STALE, done: () => said, after: onClose });
  const campaign = useAct("campaign.unmerge", { stale: STALE, done: () => said, after: onClose });
  const submit = (data: FormData): void => {
    const body = { reason: formText(data, "reason") };
    if (rung.noun === "identity") identity.mutate({ params: { id: rung.id }, body });
    else campaign.mutate({ params: { id: rung.id }, body });
  };
  const { error, isPending } = noun === "identity" ? identity : campaign;
  return (
    <Dialog title={`Take ${visibleText(of, 60)} out`} onClose={onClose}>
      <Form onData={submit}>
        <p>
          It is {noun === "identity" ? "an identity" : "a campaign"} of its own again, with all it did. The machine
          never merges these two again; a person still may.
        </p>
        <Reason />
        <FormEnd verb="Take out" tone="danger" error={error} busy={isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}

export function Merge({ rung, onClose }: Readonly<{ rung: Rung }> & Closing): ReactNode {
  const { noun, id } = rung;
  const [problem, setProblem] = useState<string>();
  const done = (kept: Readonly<{ id: string }>) => ({ text: "Merged", ref: kept.id });
  const identity = useAct("identity.merge", { stale: STALE, done, after: onClose });
  const campaign = useAct("campaign.merge", { stale: STALE, done, after: onClose });
  const submit = (data: FormData): void => {
    const other = formText(data, "with");
    const reason = formText(data, "reason");
    const fits = isId(noun, other) && other !== id;
    setProblem(fits ? undefined : `Give the id of another ${noun}, as its page shows it.`);
    if (!fits) return;
    if (rung.noun === "identity" && isId("identity", other))
      identity.mutate({ params: { id: rung.id }, body: { with: other, reason } });
    if (rung.noun === "campaign" && isId("campaign", other))
      campaign.mutate({ params: { id: rung.id }, body: { with: other, reason } });
  };
  const { error, isPending } = noun === "identity" ? identity : campaign;
  return (
    <Dialog title={`Merge with another ${noun}`} onClose={onClose}>
      <Form onData={submit}>
        <p>Both keep their rows; one counts to the other from now on, until somebody takes it out again.</p>
        <Field label={`Id of the other ${noun}`}>
          {(control) => (
            <input
              {...control}
              name="with"
              className="mono"
              required
              maxLength={60}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        {problem === undefined ? null : <p className="warning">{problem}</p>}
        <Reason />
        <FormEnd verb="Merge" error={error} busy={isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
