import type { Action, DelegationId } from "@tyr/contract";
import type { Api } from "../api.ts";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import type { Input } from "../input.ts";
import { visible } from "../output/visible-text.ts";
import { passphrasePlace } from "../signing/passphrase.ts";
import { signDecision } from "../signing/sign-decision.ts";
import { actionCard } from "./action-card.ts";
import { printAction } from "./action.ts";
import { delegationId } from "./delegation.ts";
import { idOf } from "./id-value.ts";

type Shown = Readonly<{ api: Api; shown: Action }>;

/** What is decided about, as it is now: the signature is for exactly this. */
async function showAction({ print, ...context }: Context, input: Input): Promise<Shown> {
  const id = idOf("action", input.value(0, "the action's id"));
  const api = await context.api();
  const shown = await api.call("action.get", { params: { id } });
  for (const line of actionCard(shown, print.paintMessage)) print.say(line);
  return { api, shown };
}

/** By a delegation, where that is said. */
function inPlaceOf(input: Input): Readonly<{ delegation?: DelegationId }> {
  const named = input.text("delegation");
  return named === undefined ? {} : { delegation: delegationId(named) };
}

/** The approval is signed over the digests of what was just shown: whatever else is in force by then is refused as stale. */
export const approve: Run = async (context, input) => {
  const { print, ask } = context;
  const { api, shown } = await showAction(context, input);
  const { id, requestDigest } = shown;
  if (shown.dryRun === null)
    throw new CliFailure("there is no dry run to approve", {
      exit: EXIT.failed,
      fix: `Run tyr action dry-run ${id} first.`,
    });
  if (!input.flag("yes")) await ask.confirm(`Approve ${shown.type} ${visible(shown.target)}?`, "--yes");
  const comment = input.text("comment");
  const said = comment === undefined ? {} : { comment };
  const body = { requestDigest, dryRunDigest: shown.dryRun.digest, ...said, ...inPlaceOf(input) };
  const place = passphrasePlace(input);
  const signature = await signDecision(context, api, { shown, statement: "approve", ...body, place });
  const approved = await api.call("action.approve", { params: { id }, body: { ...body, signature } });
  if (print.forPeople) print.verbatim(`${approved.id} ${approved.state}\n`);
  else printAction(context, approved);
  if (approved.approvalsMissing > 0) print.say(`Approved; ${approved.approvalsMissing} more needed.`);
  else print.say(`Approved; it is ${approved.state}. Watch it: tyr action show ${approved.id}`);
  return EXIT.ok;
};

function say(context: Context, action: Action): void {
  printAction(context, action);
  context.print.say(`${action.id} is ${action.state}.`);
}

export const reject: Run = async (context, input) => {
  const reason = input.required("reason");
  const { api, shown } = await showAction(context, input);
  const { id, requestDigest } = shown;
  const place = passphrasePlace(input);
  const inPlace = inPlaceOf(input);
  const stated = { shown, statement: "reject", requestDigest, reason, ...inPlace, place } as const;
  const signature = await signDecision(context, api, stated);
  say(context, await api.call("action.reject", { params: { id }, body: { reason, ...inPlace, signature } }));
  return EXIT.ok;
};

export const withdraw: Run = async (context, input) => {
  const { api, shown } = await showAction(context, input);
  const { id, requestDigest } = shown;
  const place = passphrasePlace(input);
  const signature = await signDecision(context, api, { shown, statement: "withdraw", requestDigest, place });
  say(context, await api.call("action.withdraw", { params: { id }, body: { signature } }));
  return EXIT.ok;
};
