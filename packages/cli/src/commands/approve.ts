import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import { actionCard } from "./action-card.ts";
import { moveWithReason, printAction } from "./action.ts";
import { idOf } from "./id-value.ts";

/** The approval carries the digests of what was just shown: whatever else is in force by then is refused as stale. */
export const approve: Run = async (context, input) => {
  const { print, ask } = context;
  const id = idOf("action", input.value(0, "the action's id"));
  const api = await context.api();
  const shown = await api.call("action.get", { params: { id } });
  for (const line of actionCard(shown, print.paintMessage)) print.say(line);
  if (shown.dryRun === null)
    throw new CliFailure("there is no dry run to approve", {
      exit: EXIT.failed,
      fix: `Run tyr action dry-run ${id} first.`,
    });
  if (!input.flag("yes")) await ask.confirm(`Approve ${shown.type} ${visible(shown.target)}?`, "--yes");
  const comment = input.text("comment");
  const body = {
    requestDigest: shown.requestDigest,
    dryRunDigest: shown.dryRun.digest,
    ...(comment === undefined ? {} : { comment }),
  };
  const approved = await api.call("action.approve", { params: { id }, body });
  if (print.forPeople) print.verbatim(`${approved.id} ${approved.state}\n`);
  else printAction(context, approved);
  if (approved.approvalsMissing > 0) print.say(`Approved; ${approved.approvalsMissing} more needed.`);
  else print.say(`Approved; it is ${approved.state}. Watch it: tyr action show ${approved.id}`);
  return EXIT.ok;
};

export const reject: Run = moveWithReason("action.reject");
