import { BREAK_GLASS_VERDICTS, isId, type BreakGlassUse } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure, usage } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { passphrasePlace } from "../signing/passphrase.ts";
import { signDecision } from "../signing/sign-decision.ts";
import { actionCard } from "./action-card.ts";
import { printAction } from "./action.ts";
import { idOf } from "./id-value.ts";
import { printPages } from "./pages.ts";

const USES: readonly Column<BreakGlassUse>[] = [
  { name: "id", value: (row) => row.id },
  { name: "at", value: (row) => showInstant(row.at) },
  { name: "by", value: (row) => row.by.name },
  { name: "action", value: (row) => row.actionId },
  { name: "what", value: ({ action }) => `${action.type} ${action.target}` },
  { name: "state", value: (row) => row.action.state },
  {
    name: "review",
    value: ({ review }) => (review === null ? "owed" : `${review.verdict} (${review.by.name})`),
    color: ({ review }) => (review === null ? "red" : review.verdict === "justified" ? "dim" : "yellow"),
  },
  { name: "because", value: (row) => row.reason, cuttable: true },
];

/** Lets what was just shown run without approvals; whatever else is in force by then is refused as stale. */
export const breakGlass: Run = async (context, input) => {
  const { print, ask } = context;
  const id = idOf("action", input.value(0, "the action's id"));
  const reason = input.required("reason");
  const api = await context.api();
  const shown = await api.call("action.get", { params: { id } });
  for (const line of actionCard(shown, print.paintMessage)) print.say(line);
  if (shown.dryRun === null)
    throw new CliFailure("there is no dry run to go by", {
      exit: EXIT.failed,
      fix: `Run tyr action dry-run ${id} first.`,
    });
  print.say(
    "Everybody who approves is told at once, and somebody else reviews it; until then you do this no second time.",
  );
  if (!input.flag("yes")) await ask.confirm(`Run ${shown.type} ${visible(shown.target)} without approvals?`, "--yes");
  const said = { requestDigest: shown.requestDigest, dryRunDigest: shown.dryRun.digest, reason };
  const place = passphrasePlace(input);
  const signature = await signDecision(context, api, { shown, statement: "break_glass", ...said, place });
  const action = await api.call("action.breakGlass", { params: { id }, body: { ...said, signature } });
  printAction(context, action);
  print.say(`${action.id} is ${action.state}; its review is owed: tyr break-glass list --owed`);
  return EXIT.ok;
};

/** The report of every use. One that is owed a review is a finding: exit code 6, for scripts that watch. */
export const list: Run = async (context, input) => {
  const owed = input.flag("owed");
  const api = await context.api();
  let open = 0;
  await printPages(context, input, {
    async fetchPage(page) {
      const answer = await api.call("breakGlass.list", { query: { ...page, ...(owed ? { owed } : {}) } });
      open += answer.items.filter(({ review }) => review === null).length;
      return answer;
    },
    columns: USES,
    none: owed ? "No review is owed." : "Nobody ever broke the glass.",
  });
  return open > 0 ? EXIT.checkFailed : EXIT.ok;
};

export const review: Run = async (context, input) => {
  const id = input.value(0, "the use of break-glass");
  if (!isId("breakGlass", id))
    throw usage(`${visible(id)} is no use of break-glass`, "See tyr break-glass list --owed.");
  const wanted = input.required("verdict");
  const verdict = BREAK_GLASS_VERDICTS.find((one) => one === wanted);
  if (verdict === undefined)
    throw usage(`${visible(wanted)} is no verdict`, `Use one of: ${BREAK_GLASS_VERDICTS.join(", ")}.`);
  const body = { verdict, text: input.required("reason") };
  const reviewed = await (await context.api()).call("breakGlass.review", { params: { id }, body });
  context.print.one(reviewed, () => [`${reviewed.id}: ${verdict}`]);
  return EXIT.ok;
};
