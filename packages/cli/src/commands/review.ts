import {
  isCustomRole,
  isId,
  REVIEW_DECISIONS,
  REVIEW_DECISIONS_MAX,
  REVIEW_SCOPES,
  ROLE_NAMES,
  type Review,
  type ReviewDecide,
  type ReviewId,
  type ReviewItem,
  type ReviewReport,
  type Role,
} from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure, usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { needUser } from "./user.ts";

const DAY_MS = 86_400_000;
const REVIEWS: readonly Column<Review>[] = [
  { name: "id", value: (row) => row.id },
  { name: "name", value: (row) => row.name, cuttable: true },
  { name: "scope", value: (row) => (row.role === null ? row.scope : `role ${row.role}`) },
  {
    name: "state",
    value: (row) => row.state,
    color: (row) => (row.state === "overdue" ? "red" : row.state === "closed" ? "dim" : undefined),
  },
  { name: "decided", value: ({ progress }) => `${progress.decided + progress.gone}/${progress.items}`, right: true },
  { name: "stale", value: (row) => row.progress.stale, right: true },
  { name: "due", value: (row) => showInstant(row.dueAt) },
  { name: "next due", value: (row) => (row.nextDueAt === null ? "" : showInstant(row.nextDueAt)) },
];

/** What is known of an item's decision, in one word. */
function said({ decision, now }: ReviewItem): string {
  if (decision === null) return now === null ? "gone" : "";
  return decision.stale ? `${decision.decision} (stale)` : decision.decision;
}

const ITEMS: readonly Column<ReviewItem>[] = [
  { name: "item", value: (row) => row.id },
  { name: "kind", value: (row) => row.kind },
  { name: "name", value: (row) => row.target.name },
  { name: "holds", value: (row) => holds(row), cuttable: true },
  { name: "last used", value: (row) => showInstant(row.lastUsedAt) },
  { name: "changed", value: (row) => (row.changed ? "yes" : ""), color: () => "yellow" },
  { name: "decision", value: said },
  { name: "outcome", value: (row) => row.outcome },
  { name: "reason", value: (row) => row.decision?.reason ?? row.note, cuttable: true },
];

function holds({ now, held }: ReviewItem): string {
  const { roles, permissions, owner } = now ?? held;
  const what = roles.length > 0 ? roles : permissions;
  return `${what.join(", ")}${owner === null ? "" : ` (of ${owner.name})`}`;
}

type Line = ReviewReport["items"][number];
const REPORT: readonly Column<Line>[] = [
  ...ITEMS,
  { name: "decided by", value: (row) => row.decision?.by.name ?? "" },
  { name: "entry of decision", value: (row) => row.entries.decided, right: true },
  { name: "entry of execution", value: (row) => row.entries.executed, right: true },
];

function idIn(input: Input): ReviewId {
  const id = input.value(0, "the access review");
  if (!isId("review", id)) throw usage(`${visible(id)} is not an access review`, "See tyr access-review list.");
  return id;
}

function roleOf(text: string): Role {
  const role = ROLE_NAMES.find((one) => one === text) ?? (isCustomRole(text) ? text : undefined);
  if (role === undefined) throw usage(`${visible(text)} is not a role`, "See tyr role list.");
  return role;
}

export const list: Run = async ({ api, print }) => {
  print.many((await (await api()).call("review.list", {})).items, REVIEWS, "No access reviews.");
  return EXIT.ok;
};

export const create: Run = async (context, input) => {
  const name = input.value(0, "the name");
  const role = input.text("role");
  const scope = input.oneOf("scope", REVIEW_SCOPES) ?? (role === undefined ? "people" : "role");
  const reviewers = input.texts("reviewer");
  if (reviewers.length === 0) throw usage("--reviewer is missing", "Say who decides: --reviewer NAME.");
  const days = input.whole("due-days", { min: 1, max: 730 }) ?? 14;
  const every = input.whole("every-days", { min: 1, max: 730 });
  const undecided = input.oneOf("undecided", ["leave", "revoke"]) ?? "leave";
  const api = await context.api();
  const people = await Promise.all(reviewers.map(async (one) => (await needUser(api, one)).id));
  const body = {
    name,
    scope,
    reviewers: people,
    dueAt: new Date(context.world.now() + days * DAY_MS).toISOString(),
    undecided,
    ...(role === undefined ? {} : { role: roleOf(role) }),
    ...(every === undefined ? {} : { everyDays: every }),
  };
  context.print.many([await api.call("review.create", { body })], REVIEWS, "");
  return EXIT.ok;
};

export const show: Run = async (context, input) => {
  const { review, items } = await (await context.api()).call("review.get", { params: { id: idIn(input) } });
  context.print.many(items, ITEMS, "No items.");
  const { decided, gone, stale } = review.progress;
  context.print.say(
    `${visible(review.name)}: ${review.state}, ${decided + gone} of ${review.progress.items} decided, ${stale} stale, due ${showInstant(review.dueAt)}`,
  );
  return EXIT.ok;
};

/** The items meant: by id or by name, or with --all every one that is not decided and not the caller's own. */
function chosen(items: readonly ReviewItem[], input: Input): readonly ReviewItem[] {
  const names = input.values.slice(1);
  if (input.flag("all")) return items.filter((one) => !one.own && one.now !== null && said(one) === "");
  if (names.length === 0) throw usage("which item is missing", "Name items of tyr access-review show, or give --all.");
  return names.map((name) => {
    const found = items.find((one) => one.id === name || one.target.name === name);
    if (found === undefined) throw new CliFailure(`there is no item ${visible(name)}`, { exit: EXIT.failed });
    return found;
  });
}

export const decide: Run = async (context, input) => {
  const id = idIn(input);
  const decision = input.oneOf("decision", REVIEW_DECISIONS);
  if (decision === undefined) throw usage("--decision is missing", `Use one of: ${REVIEW_DECISIONS.join(", ")}.`);
  const reason = input.required("reason");
  const roles = input.texts("role").map(roleOf);
  const api = await context.api();
  const { items } = await api.call("review.get", { params: { id } });
  const picked = chosen(items, input).map((one) => ({ id: one.id, digest: one.digest }));
  for (let at = 0; at < picked.length; at += REVIEW_DECISIONS_MAX) {
    const part = picked.slice(at, at + REVIEW_DECISIONS_MAX);
    const body: ReviewDecide = { items: part, decision, reason, ...(roles.length === 0 ? {} : { roles }) };
    await api.call("review.decide", { params: { id }, body });
  }
  context.print.say(`Decided about ${picked.length}: ${decision}.`);
  return EXIT.ok;
};

export const close: Run = async (context, input) => {
  const id = idIn(input);
  if (!input.flag("yes")) await context.ask.confirm(`Close ${id} and end now what was revoked?`, "--yes");
  const { items } = await (await context.api()).call("review.close", { params: { id } });
  context.print.many(items, ITEMS, "No items.");
  return EXIT.ok;
};

export const report: Run = async (context, input) => {
  const found = await (await context.api()).call("review.report", { params: { id: idIn(input) } });
  if (context.print.format === "json") context.print.one(found, () => []);
  else context.print.many(found.items, REPORT, "No items.");
  const { created, closed } = found.entries;
  context.print.say(`Entries of the log: begun ${created ?? "waiting"}, closed ${closed ?? "not yet"}.`);
  context.print.say(`SHA-256 of the items: ${found.itemsSha256}`);
  return EXIT.ok;
};
