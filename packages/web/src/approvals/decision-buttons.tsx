import type { Action } from "@tyr/contract";
import type { ReactNode } from "react";
import { rolesWith, roleTitle, useCan, useSession } from "../api/session.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";
import { ErrorNotice } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";
import { Hostile } from "../text/hostile.tsx";
import { Code } from "../kit/copy.tsx";
import { ActionWords } from "./what.tsx";

/** Which question is open on the card; keys and buttons ask the same ones. */
export type Asked = "approve" | "reject" | "revert" | "cancel" | undefined;

const STALE = ["action", "overview", "incident", "block"] as const;

/** Why this person cannot decide, or undefined when they can. */
function refusal(action: Action, userId: string, mayApprove: boolean): string | undefined {
  if (action.requester.id === userId) return "You asked for this, so another person has to decide.";
  if (!mayApprove)
    return `Deciding needs the permission action:approve (${rolesWith("action:approve").map(roleTitle).join(", ")}).`;
  if (action.approvals.some((approval) => approval.by.id === userId))
    return "You have approved already; another person has to as well.";
  if (action.dryRun === null || !action.dryRun.ok)
    return "There is no dry run that would work, so there is nothing to approve.";
  return undefined;
}

type ButtonsProps = Readonly<{ action: Action; asked: Asked; onAsk: (asked: Asked) => void }>;

/** Whether the server lists the move as legal from the action's state; the names are those of the routes. */
const isLegal = (action: Action, move: string): boolean => action.legalMoves.includes(move);

export function DecisionButtons({ action, asked, onAsk }: ButtonsProps): ReactNode {
  const close = (): void => onAsk(undefined);
  return (
    <div className="action-buttons">
      {action.state === "pending" ? <PendingButtons action={action} onAsk={onAsk} /> : null}
      <RequestButtons action={action} />
      <TakeBackButtons action={action} onAsk={onAsk} />
      {asked === "approve" ? <ApproveDialog action={action} onClose={close} /> : null}
      {asked === "reject" || asked === "revert" || asked === "cancel" ? (
        <ReasonDialog action={action} what={asked} onClose={close} />
      ) : null}
    </div>
  );
}

/** What takes something back: an executed effect, a request, one's own approval. */
function TakeBackButtons({ action, onAsk }: Readonly<{ action: Action; onAsk: (asked: Asked) => void }>): ReactNode {
  const can = useCan();
  const { user } = useSession();
  const withdraw = useAct("action.withdraw", {
    stale: STALE,
    done: (kept) => ({ text: "Your approval is withdrawn", ref: kept.id }),
  });
  const mayCancel = action.requester.id === user.id || user.roles.includes("security_manager");
  const approved = action.approvals.some((approval) => approval.by.id === user.id && approval.counts);
  return (
    <>
      {isLegal(action, "revert") && can("action:revert") ? (
        <button type="button" className="button" onClick={() => onAsk("revert")}>
          <Icon name="undo" /> Revert
        </button>
      ) : null}
      {isLegal(action, "cancel") && mayCancel && can("action:request") ? (
        <button type="button" className="button" onClick={() => onAsk("cancel")}>
          Cancel the request
        </button>
      ) : null}
      {isLegal(action, "withdraw") && approved ? (
        <button
          type="button"
          className="button"
          disabled={withdraw.isPending}
          onClick={() => withdraw.mutate({ params: { id: action.id }, body: {} })}
        >
          Take my approval back
        </button>
      ) : null}
      {withdraw.error === null ? null : <ErrorNotice error={withdraw.error} />}
    </>
  );
}

/** What brings a request on: ask for approval, or look again at what would change. */
function RequestButtons({ action }: Readonly<{ action: Action }>): ReactNode {
  const can = useCan();
  const submit = useAct("action.submit", {
    stale: STALE,
    done: (sent) => ({ text: `The request is ${sent.state.replaceAll("_", " ")}`, ref: sent.id }),
  });
  const again = useAct("action.dryRun", { stale: STALE, done: (sent) => ({ text: "Dry run finished", ref: sent.id }) });
  if (!can("action:request")) return null;
  const error = submit.error ?? again.error;
  return (
    <>
      {isLegal(action, "submit") ? (
        <button
          type="button"
          className="button primary"
          disabled={submit.isPending}
          onClick={() => submit.mutate({ params: { id: action.id } })}
        >
          Ask for approval
        </button>
      ) : null}
      {isLegal(action, "dryRun") ? (
        <button
          type="button"
          className="button"
          disabled={again.isPending}
          onClick={() => again.mutate({ params: { id: action.id } })}
        >
          Run dry again
        </button>
      ) : null}
      {error === null ? null : <ErrorNotice error={error} />}
    </>
  );
}

function PendingButtons({ action, onAsk }: Readonly<{ action: Action; onAsk: (asked: Asked) => void }>): ReactNode {
  const can = useCan();
  const { user } = useSession();
  const why = refusal(action, user.id, can("action:approve"));
  const whyId = `why-${action.id}`;
  return (
    <>
      <button
        type="button"
        className="button primary"
        disabled={why !== undefined}
        aria-describedby={why === undefined ? undefined : whyId}
        onClick={() => onAsk("approve")}
      >
        <Icon name="check" /> Approve
      </button>
      <button type="button" className="button" disabled={why !== undefined} onClick={() => onAsk("reject")}>
        <Icon name="cross" /> Reject
      </button>
      {why === undefined ? null : (
        <p id={whyId} className="why">
          {why}
        </p>
      )}
    </>
  );
}

function ApproveDialog({ action, onClose }: Readonly<{ action: Action; onClose: () => void }>): ReactNode {
  const approve = useAct("action.approve", {
    stale: STALE,
    done: (approved) => ({
      text: approved.state === "pending" ? "Your approval is recorded; more are needed" : "Approved",
      ref: approved.id,
    }),
    after: onClose,
  });
  const dryRunDigest = action.dryRun?.digest ?? "";
  const submit = (form: FormData): void => {
    const comment = formText(form, "comment");
    approve.mutate({
      params: { id: action.id },
      body: { requestDigest: action.requestDigest, dryRunDigest, ...(comment === "" ? {} : { comment }) },
    });
  };
  return (
    <Dialog title="Approve this" onClose={onClose}>
      <Form onData={submit}>
        <p className="lead">
          <ActionWords action={action} />.
        </p>
        <p>{action.dryRun?.summary}</p>
        {action.dryRun?.warnings.map((warning) => (
          <p key={warning} className="warning">
            <Icon name="alert" size={14} /> <Hostile text={warning} limit={500} />
          </p>
        ))}
        <Field label="Comment" hint="Optional. It is kept with your approval.">
          {(control) => <input {...control} name="comment" maxLength={4000} autoComplete="off" />}
        </Field>
        <p className="muted small">
          You approve exactly request <Code text={action.requestDigest} what="request digest" short /> and dry run{" "}
          <Code text={dryRunDigest} what="dry run digest" short />. If either changed meanwhile, nothing happens.
        </p>
        <FormEnd
          verb={approve.isPending ? "Approving…" : "Approve"}
          cancel="Not now"
          error={approve.error}
          busy={approve.isPending}
          onCancel={onClose}
        />
      </Form>
    </Dialog>
  );
}

const REASONS = {
  reject: {
    title: "Reject this request",
    hint: "The requester reads it, and the audit log keeps it.",
    route: "action.reject",
    said: "Rejected",
  },
  revert: {
    title: "Revert this block",
    hint: "The block is lifted everywhere before its end.",
    route: "action.revert",
    said: "The block is being lifted",
  },
  cancel: {
    title: "Cancel this request",
    hint: "Nothing was changed yet.",
    route: "action.cancel",
    said: "Cancelled",
  },
} as const;

type ReasonProps = Readonly<{ action: Action; what: keyof typeof REASONS; onClose: () => void }>;

function ReasonDialog({ action, what, onClose }: ReasonProps): ReactNode {
  const words = REASONS[what];
  const send = useAct(words.route, {
    stale: STALE,
    done: (sent) => ({ text: words.said, ref: sent.id }),
    after: onClose,
  });
  return (
    <Dialog title={words.title} onClose={onClose}>
      <Form onData={(form) => send.mutate({ params: { id: action.id }, body: { reason: formText(form, "reason") } })}>
        <p>
          <ActionWords action={action} />
        </p>
        <Field label="Reason" hint={words.hint}>
          {(control) => <textarea {...control} name="reason" rows={3} required maxLength={4000} />}
        </Field>
        <FormEnd
          verb={words.title}
          cancel="Keep it"
          tone="danger"
          error={send.error}
          busy={send.isPending}
          onCancel={onClose}
        />
      </Form>
    </Dialog>
  );
}
