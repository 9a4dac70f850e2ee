import { DUTY_PAIRS, isCustomRole, isId, PERMISSION_NAMES, ROLE_NAMES } from "@tyr/contract";
import type { DutyConflict, DutyException, DutyPairView, DutySide } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { needUser } from "./user.ts";

const DAY_MS = 86_400_000;
const STATES = { open: "open", excepted: "by exception", by_role: "by role" } as const;
const CONFLICTS: readonly Column<DutyConflict>[] = [
  { name: "user", value: (row) => row.subject.name },
  { name: "pair", value: (row) => row.pair },
  {
    name: "state",
    value: (row) => STATES[row.state],
    color: (row) => (row.state === "open" ? "red" : row.state === "excepted" ? "yellow" : "dim"),
  },
  { name: "until", value: (row) => (row.exception === null ? "" : showInstant(row.exception.until)) },
  { name: "exception", value: (row) => row.exception?.id ?? "" },
  { name: "roles", value: (row) => row.subject.roles.join(", "), cuttable: true },
  { name: "reason", value: (row) => row.reason, cuttable: true },
];
const PAIRS: readonly Column<DutyPairView>[] = [
  { name: "id", value: (row) => row.id },
  { name: "kind", value: (row) => (row.builtIn ? "built in" : "own"), color: () => "dim" },
  { name: "one", value: (row) => row.sides[0] ?? "" },
  { name: "other", value: (row) => row.sides[1] ?? "" },
  { name: "controls", value: (row) => row.controls.join(", "), cuttable: true },
  { name: "reason", value: (row) => row.reason, cuttable: true },
];
const EXCEPTIONS: readonly Column<DutyException>[] = [
  { name: "id", value: (row) => row.id },
  { name: "user", value: (row) => row.subject.name },
  { name: "pair", value: (row) => row.pair },
  { name: "until", value: (row) => showInstant(row.until) },
  { name: "granted by", value: (row) => row.grantedBy?.name ?? "set-up" },
  { name: "reason", value: (row) => row.reason, cuttable: true },
];

/** Who holds what nobody should hold together. An open conflict is a finding: exit code 6, for scripts that watch. */
export const conflicts: Run = async ({ api, print }) => {
  const { items, open } = await (await api()).call("duty.conflicts", {});
  print.many(items, CONFLICTS, "Nobody holds both sides of a pair.");
  if (open > 0) print.say(`${open} open: take a role away, or let somebody else grant an exception.`);
  return open > 0 ? EXIT.checkFailed : EXIT.ok;
};

export const pairs: Run = async ({ api, print }) => {
  print.many((await (await api()).call("duty.conflicts", {})).pairs, PAIRS, "No pairs.");
  return EXIT.ok;
};

function sideOf(text: string): DutySide {
  const side: DutySide | undefined =
    PERMISSION_NAMES.find((one) => one === text) ??
    ROLE_NAMES.find((one) => one === text) ??
    (isCustomRole(text) ? text : undefined);
  if (side === undefined) throw usage(`${visible(text)} is neither a permission nor a role`, "See tyr role list.");
  return side;
}

export const forbid: Run = async (context, input) => {
  const sides = [sideOf(input.value(0, "one side")), sideOf(input.value(1, "the other side"))];
  const control = input.text("control");
  const body = { sides, reason: input.required("reason"), ...(control === undefined ? {} : { control }) };
  context.print.many([await (await context.api()).call("duty.addPair", { body })], PAIRS, "");
  return EXIT.ok;
};

export const permit: Run = async (context, input) => {
  const id = input.value(0, "the pair");
  if (DUTY_PAIRS.some((pair) => pair.id === id))
    throw usage(`${id} is built in`, "Use tyr role except for one person.");
  if (!isId("dutyPair", id)) throw usage(`${visible(id)} is not an own pair`, "See tyr role pairs.");
  if (!input.flag("yes")) await context.ask.confirm(`Let one person hold both sides of ${id}?`, "--yes");
  await (await context.api()).call("duty.removePair", { params: { id } });
  context.print.say(`Removed ${id} and its exceptions.`);
  return EXIT.ok;
};

export const except: Run = async (context, input) => {
  const days = input.whole("days", { min: 1, max: 366 });
  if (days === undefined) throw usage("--days is missing", "Say for how long: --days 30.");
  const reason = input.required("reason");
  const api = await context.api();
  const user = await needUser(api, input.value(0, "the user"));
  const until = new Date(context.world.now() + days * DAY_MS).toISOString();
  const body = { subjectId: user.id, pair: input.value(1, "the pair"), reason, until };
  context.print.many([await api.call("duty.except", { body })], EXCEPTIONS, "");
  return EXIT.ok;
};

export const endException: Run = async (context, input) => {
  const id = input.value(0, "the exception");
  if (!isId("dutyException", id)) throw usage(`${visible(id)} is not an exception`, "See tyr role conflicts.");
  await (await context.api()).call("duty.endException", { params: { id } });
  context.print.say(`Ended ${id}. What is held stays, and is an open conflict.`);
  return EXIT.ok;
};
