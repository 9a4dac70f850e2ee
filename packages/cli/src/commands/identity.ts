import type { Identity, IdentityEdge } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Paint } from "../output/color.ts";
import { showInstant } from "../output/instants.ts";
import { pairs, table, type Column } from "../output/table.ts";
import { ATTACKERS } from "./attacker.ts";
import { idOf } from "./id-value.ts";

const EDGES: readonly Column<IdentityEdge>[] = [
  { name: "one", value: (row) => row.aAddress },
  { name: "other", value: (row) => row.bAddress },
  { name: "weight", value: (row) => row.weight.toFixed(2), right: true },
  { name: "why", value: (row) => row.reasons.map(({ detail }) => detail).join("; "), cuttable: true },
];
const HABITS: readonly Column<Identity["profile"][number]>[] = [
  { name: "habit", value: (row) => row.primitive.replaceAll("_", " ") },
  { name: "state", value: (row) => row.state.replaceAll("_", " ") },
  { name: "sessions", value: (row) => row.observations, right: true },
  { name: "confidence", value: (row) => row.confidence.toFixed(2), right: true },
  { name: "newest", value: (row) => row.value ?? "not shown", cuttable: true },
  { name: "since", value: (row) => showInstant(row.since) },
];
const RULINGS: readonly Column<Identity["rulings"][number]>[] = [
  { name: "at", value: (row) => showInstant(row.at) },
  { name: "by", value: (row) => row.by.name },
  { name: "said", value: (row) => (row.kind === "together" ? "the same" : "not the same") },
  { name: "one", value: (row) => row.a },
  { name: "other", value: (row) => row.b },
  { name: "reason", value: (row) => row.reason, cuttable: true },
];

function card(one: Identity, paint: Paint): string[] {
  const facts = pairs(
    [
      ["id", one.id],
      ["merged into", one.mergedInto],
      ["campaign", one.campaignId],
      ["addresses", one.addressCount],
      ["confidence", one.confidence.toFixed(2)],
      ["first seen", showInstant(one.firstSeenAt)],
      ["last seen", showInstant(one.lastSeenAt)],
      ["phases", [...new Set(one.phases.map(({ phase }) => phase))].join(" ")],
    ],
    paint,
  );
  const why = one.edges.length > 0 ? ["", "Why it is one:", table(one.edges, EDGES, { paint })] : [];
  const said = one.rulings.length > 0 ? ["", "What people said:", table(one.rulings, RULINGS, { paint })] : [];
  const habits = one.profile.length > 0 ? ["", "Habits:", table(one.profile, HABITS, { paint })] : [];
  return [...facts, "", table(one.members, ATTACKERS, { paint }), ...habits, ...why, ...said];
}

function printed({ print }: Context, identity: Identity): ExitCode {
  print.one(identity, () => card(identity, print.paint));
  return EXIT.ok;
}

export const show: Run = async (context, input) => {
  const id = idOf("identity", input.value(0, "IDENTITY"));
  return printed(context, await (await context.api()).call("identity.get", { params: { id } }));
};

export const merge: Run = async (context, input) => {
  const id = idOf("identity", input.value(0, "IDENTITY"));
  const body = { with: idOf("identity", input.value(1, "OTHER")), reason: input.required("reason") };
  return printed(context, await (await context.api()).call("identity.merge", { params: { id }, body }));
};

export const unmerge: Run = async (context, input) => {
  const id = idOf("identity", input.value(0, "IDENTITY"));
  const body = { reason: input.required("reason") };
  return printed(context, await (await context.api()).call("identity.unmerge", { params: { id }, body }));
};
