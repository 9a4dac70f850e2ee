import { ok, refuse, type PolicyChangeFacts, type Result } from "@tyr/contract";
import type { Fact, ReadDatabase, WriteTransaction } from "#platform/database";
import { changeFacts, diffOf, type Sourced } from "../policy/change.ts";
import { PolicyBundleInvalid } from "../policy/errors.ts";
import type { Policies } from "../policy/open-policies.ts";
import { policyDetails } from "../policy/store-bundle.ts";
import type { Plan } from "../ports.ts";
import type { By } from "../room.ts";
import { findTrial, insertActivation, latestActivation, lockActivation, type TrialRow } from "../policy-store.ts";
import type { ActionRow } from "../store.ts";
import type { ActionKind, KindRequest, OwnEffect } from "./kind.ts";

const DIGEST = /^[0-9a-f]{64}$/;
/** Lines of a dry run; the screen and `tyr policy diff` show all of it. */
const LINES_MAX = 60;

function readDigest(text: string): Result<string> {
  return DIGEST.test(text)
    ? ok(text)
    : refuse("TARGET_INVALID", `"${text.slice(0, 64)}" is no digest of a bundle: tyr policy versions lists them`);
}

/** Of a bundle nobody can load: nothing is known of it, so that nothing good is assumed. */
const UNKNOWN: PolicyChangeFacts = {
  removesForbid: true,
  loosensGate: true,
  widensPermit: true,
  schemaChanged: true,
  policiesChanged: 0,
};

/** Not there, altered, signed by nobody here, or not fit for this version: all of it means that it cannot be used. */
async function readUsable(policies: Policies, db: ReadDatabase, digest: string): Promise<Sourced | string> {
  try {
    return (await policies.read(db, digest)) ?? "no bundle with this digest is stored";
  } catch (error) {
    if (error instanceof PolicyBundleInvalid) return `${error.where}: ${error.why}`;
    throw error;
  }
}

async function inForceLines(db: ReadDatabase): Promise<string[]> {
  return [`the bundle in force is ${(await latestActivation(db))?.digest ?? "none"}`];
}

const SIGNS = { added: "+", removed: "-", changed: "~" } as const;

function diffLines(from: Sourced, to: Sourced): string[] {
  const { policies, files } = diffOf(from, to);
  const lines = [
    ...policies.map(
      ({ change, policyId, reason, loosens }) =>
        `${SIGNS[change]} ${policyId}: ${reason}${loosens === null ? "" : ` (${loosens})`}`,
    ),
    ...files.map(({ path, before, after }) => {
      const sign = before === null ? SIGNS.added : after === null ? SIGNS.removed : SIGNS.changed;
      return `${sign} ${path}`;
    }),
  ];
  if (lines.length <= LINES_MAX) return lines;
  return [...lines.slice(0, LINES_MAX), `and ${lines.length - LINES_MAX} more`];
}

function trialLines(trial: TrialRow | undefined): Pick<Plan, "after" | "warnings"> {
  if (trial === undefined)
    return { after: [], warnings: ["no backtest against the bundle in force was run: tyr policy backtest"] };
  const { days, decisions, same, unanswerable, changes } = trial.summary;
  const of = `of ${decisions} stored decisions of ${days} days before ${trial.at.toISOString()}`;
  return {
    after: [
      `backtest: ${same} ${of} stay as they were, ${unanswerable} cannot be asked again`,
      ...changes.map(({ from, to, count }) => `backtest: ${count} would be ${to} instead of ${from}`),
    ],
    warnings: [],
  };
}

const NO_REACH = { addresses: "0", enforcers: 0, successfulLogins: 0, events: 0 };

async function planChange(policies: Policies, { db, target }: KindRequest): Promise<Plan> {
  const before = await inForceLines(db);
  const wanted = await readUsable(policies, db, target);
  const base = { before, reach: NO_REACH };
  if (typeof wanted === "string")
    return { ...base, ok: false, summary: `It cannot come into force: ${wanted}`, after: [...before], warnings: [] };
  const inForce = (await policies.inForce(db)).bundle.digest;
  const from = await policies.read(db, inForce);
  if (inForce === target || from === undefined)
    return { ...base, ok: false, summary: "It is in force already.", after: [...before], warnings: [] };
  const trial = trialLines(await findTrial(db, { candidate: target, inForce }));
  const lines = diffLines(from, wanted);
  return {
    ...base,
    ok: true,
    summary: `Put a bundle of ${wanted.bundle.policies.size} policies in force; ${lines.length} differences.`,
    after: [`the bundle in force is ${target}`, ...lines, ...trial.after],
    warnings: trial.warnings,
  };
}

type Applying = Readonly<{ row: ActionRow; by: By; at: Date }>;

async function bringIntoForce(policies: Policies, tx: WriteTransaction, doing: Applying): Promise<OwnEffect> {
  const { row, by, at } = doing;
  const last = await lockActivation(tx);
  const wanted = await policies.read(tx, row.target);
  if (wanted === undefined) throw new PolicyBundleInvalid(row.target, "is approved and not in the database");
  const { bundle } = wanted;
  const isInForce = last?.digest === bundle.digest;
  const fact: Fact = {
    type: "policy.activated",
    actor: by.actor,
    object: { kind: "policy", id: bundle.digest },
    before: last?.digest ?? null,
    after: bundle.digest,
    requestId: by.requestId,
    details: { ...policyDetails(bundle), action_id: row.id },
  };
  if (!isInForce)
    await insertActivation(tx, {
      digest: bundle.digest,
      manifest: bundle.manifest,
      at,
      actor: row.requester,
      actionId: row.id,
    });
  return {
    facts: isInForce ? [] : [fact],
    endsAt: null,
    detail: isInForce ? "the bundle was in force already" : `the bundle in force is ${bundle.digest}`,
    // Nothing to tell: each decision reads in its own transaction which bundle is in force.
    committed: () => undefined,
  };
}

/** Bringing another bundle of policies into force: planned and carried out here. Going back is the same with an older one. */
export function updatePolicy(policies: Policies): ActionKind {
  return {
    type: "update_policy",
    readTarget: readDigest,
    networkOf: () => null,
    concerns: () => false,
    async describe({ db, target }) {
      const wanted = await readUsable(policies, db, target);
      const { bundle } = await policies.inForce(db);
      const isUsable = typeof wanted !== "string";
      const facts = isUsable ? changeFacts(bundle, wanted.bundle) : UNKNOWN;
      return { type: "update_policy", target: { ...facts, text: target, unusable: !isUsable } };
    },
    plan: async (request) => await planChange(policies, request),
    observe: async ({ db }) => await inForceLines(db),
    apply: async (tx, doing) => await bringIntoForce(policies, tx, doing),
  };
}
