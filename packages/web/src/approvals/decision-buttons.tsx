import type { Action, StatementKind } from "@tyr/contract";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { rolesWith, roleTitle, useCan, useSession } from "../api/session.ts";
import { Icon } from "../kit/icon.tsx";
import { ErrorNotice } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";
import { EditDialog } from "./edit-dialog.tsx";
import { CARD_KEYS } from "./inbox-keys.tsx";
import { ReasonDialog } from "./reason-dialog.tsx";
import { SignedDialog } from "./signed-dialog.tsx";
import { STALE } from "./stale.ts";

/** Which question is open on the card; keys and buttons ask the same ones. */
export type Asked = StatementKind | "edit" | "revert" | "cancel" | undefined;
type ButtonsProps = Readonly<{ action: Action; asked: Asked; onAsk: (asked: Asked) => void }>;

/** Over and without effect: it may be asked for again, as another action. */
const OVER: readonly Action["state"][] = ["dry_run_failed", "rejected", "expired", "cancelled", "failed", "reverted"];

/** Whether the server offers the move to whoever reads; the names are those of the routes. */
const isOffered = (action: Action, move: string): boolean => action.legalMoves.includes(move);

export function DecisionButtons({ action, asked, onAsk }: ButtonsProps): ReactNode {
  return (
    <div className="action-buttons">
      {action.state === "pending" ? <PendingButtons action={action} onAsk={onAsk} /> : null}
      <RequestButtons action={action} onAsk={onAsk} />
      <TakeBackButtons action={action} onAsk={onAsk} />
      <Question action={action} asked={asked} onClose={() => onAsk(undefined)} />
    </div>
  );
}

function Question({
  action,
  asked,
  onClose,
}: Readonly<{ action: Action; asked: Asked; onClose: () => void }>): ReactNode {
  if (asked === undefined) return null;
  if (asked === "edit") return <EditDialog action={action} onClose={onClose} />;
  if (asked === "revert" || asked === "cancel") return <ReasonDialog action={action} what={asked} onClose={onClose} />;
  return <SignedDialog action={action} decides={asked} onClose={onClose} />;
}

/** Why this person cannot approve, or undefined when the server offers it to them. */
function refusal(action: Action, userId: string, mayApprove: boolean): string | undefined {
  if (isOffered(action, "approve")) return undefined;
  if (action.requester.id === userId) return "You asked for this, so another person has to decide.";
  if (!mayApprove)
    return `Deciding needs the permission action:approve (${rolesWith("action:approve").map(roleTitle).join(", ")}), or somebody who hands theirs over to you.`;
  if (action.approvals.some((approval) => approval.by.id === userId && approval.counts))
    return "You have approved already; another person has to as well.";
  if (action.dryRun === null || !action.dryRun.ok)
    return "There is no dry run that would work, so there is nothing to approve.";
  return "You changed this, or it is not for your role: another person has to decide.";
}

function PendingButtons({ action, onAsk }: Omit<ButtonsProps, "asked">): ReactNode {
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
        aria-keyshortcuts={CARD_KEYS.approve}
        onClick={() => onAsk("approve")}
      >
        <Icon name="check" /> Approve
      </button>
      <button
        type="button"
        className="button"
        disabled={!isOffered(action, "reject")}
        aria-keyshortcuts={CARD_KEYS.reject}
        onClick={() => onAsk("reject")}
      >
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

/** What brings a request on: change it, ask for approval, look again at what would change, ask again for what is over. */
function RequestButtons({ action, onAsk }: Omit<ButtonsProps, "asked">): ReactNode {
  const can = useCan();
  const navigate = useNavigate();
  const submit = useAct("action.submit", {
    stale: STALE,
    done: (sent) => ({ text: `The request is ${sent.state.replaceAll("_", " ")}`, ref: sent.id }),
  });
  const again = useAct("action.dryRun", { stale: STALE, done: (sent) => ({ text: "Dry run finished", ref: sent.id }) });
  const clone = useAct("action.clone", {
    stale: STALE,
    done: (made) => ({ text: `Asked for again: it is ${made.state.replaceAll("_", " ")}`, ref: made.id }),
    after: ({ id }) => void navigate({ to: "/approvals", search: ({ tz }) => ({ tz, action: id }) }),
  });
  const error = submit.error ?? again.error ?? clone.error;
  const params = { id: action.id };
  const mayRequest = can("action:request");
  return (
    <>
      {isOffered(action, "submit") && mayRequest ? (
        <button
          type="button"
          className="button primary"
          disabled={submit.isPending}
          onClick={() => submit.mutate({ params })}
        >
          Ask for approval
        </button>
      ) : null}
      {isOffered(action, "edit") ? (
        <button type="button" className="button" aria-keyshortcuts={CARD_KEYS.edit} onClick={() => onAsk("edit")}>
          <Icon name="note" /> Change
        </button>
      ) : null}
      {isOffered(action, "dryRun") ? (
        <button type="button" className="button" disabled={again.isPending} onClick={() => again.mutate({ params })}>
          {again.isPending ? "Running dry…" : "Run dry again"}
        </button>
      ) : null}
      {OVER.includes(action.state) && mayRequest ? (
        <button type="button" className="button" disabled={clone.isPending} onClick={() => clone.mutate({ params })}>
          <Icon name="copy" /> Ask again
        </button>
      ) : null}
      {error === null ? null : <ErrorNotice error={error} />}
    </>
  );
}

/** What takes something back: one's own approval, a request, an executed effect. And, apart, what needs no approval. */
function TakeBackButtons({ action, onAsk }: Omit<ButtonsProps, "asked">): ReactNode {
  return (
    <>
      {isOffered(action, "withdraw") ? (
        <button type="button" className="button" onClick={() => onAsk("withdraw")}>
          Take my approval back
        </button>
      ) : null}
      {isOffered(action, "cancel") ? (
        <button type="button" className="button" onClick={() => onAsk("cancel")}>
          Cancel the request
        </button>
      ) : null}
      {isOffered(action, "breakGlass") ? (
        <button type="button" className="button danger-quiet" onClick={() => onAsk("break_glass")}>
          <Icon name="alert" /> Break the glass
        </button>
      ) : null}
      {isOffered(action, "revert") ? (
        <button type="button" className="button" onClick={() => onAsk("revert")}>
          <Icon name="undo" /> Revert
        </button>
      ) : null}
    </>
  );
}
