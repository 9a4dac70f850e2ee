import type { Actor } from "@tyr/contract";
import { enqueue, type NewMessage, type StoredMessage } from "#platform/bus";
import type { Fact, WriteTransaction } from "#platform/database";
import { replaceRules, rulesInForce, type RuleInForce } from "./evaluation-store.ts";
import { nameReleases } from "./attack/attack-release.ts";
import type { RulePack } from "./rule-pack.ts";

/** A rule that is not what it was; of a removed one the version is null. */
type RuleChange = Readonly<{ ruleId: string; change: "added" | "changed" | "removed"; version: string | null }>;
/** What another pack changed, one message per rule; nothing when the pack is the one that was, or the first ever. */
export type PutInForce = Readonly<{ changes: readonly RuleChange[]; messages: readonly StoredMessage[] }>;

export const UNCHANGED: PutInForce = { changes: [], messages: [] };

export type Putting = Readonly<{ pack: RulePack; by: Actor; now: Date }>;

/** Facts to be written of it: none when the pack is the one that was. */
export type Put = Readonly<{ facts: readonly Fact[]; done: PutInForce }>;

/**
 * Puts a pack in force. When it is not the one that was, what changed is recorded, and windows gathered under rules
 * that are no longer the same are forgotten; those of unchanged rules go on.
 */
export async function putInForce(tx: WriteTransaction, { pack, by, now }: Putting): Promise<Put> {
  const before = await rulesInForce(tx);
  if (isInForce(pack, before)) return { facts: [], done: UNCHANGED };
  const after = [...pack.rules.values()].map(({ id, version, stateDigest }): RuleInForce => {
    return { ruleId: id, version, stateDigest, packDigest: pack.digest };
  });
  const stateAfter = new Map(after.map(({ ruleId, stateDigest }) => [ruleId, stateDigest]));
  const stale = before.filter(({ ruleId, stateDigest }) => stateAfter.get(ruleId) !== stateDigest);
  const staleIds = stale.map(({ ruleId }) => ruleId);
  await replaceRules(tx, after, staleIds);
  const idsBefore = new Set(before.map(({ ruleId }) => ruleId));
  const added = after.filter(({ ruleId }) => !idsBefore.has(ruleId)).length;
  const removed = staleIds.filter((ruleId) => !stateAfter.has(ruleId)).length;
  const fact: Fact = {
    type: "rule.loaded",
    actor: by,
    object: { kind: "rule-pack", id: pack.digest },
    before: before[0]?.packDigest ?? null,
    after: pack.digest,
    details: {
      rules: after.length,
      rejected: pack.rejected.length,
      added,
      removed,
      changed: stale.length - removed,
      attackRelease: nameReleases(pack.attack),
    },
  };
  const changes = before.length === 0 ? [] : changesOf(before, after);
  return { facts: [fact], done: { changes, messages: await enqueue(tx, changes.map(messageOf), now) } };
}

function isInForce(pack: RulePack, before: readonly RuleInForce[]): boolean {
  return before.length === pack.rules.size && before.every(({ packDigest }) => packDigest === pack.digest);
}

/** By version: a correlation whose base was edited is itself what it was, though it begins anew. */
function changesOf(before: readonly RuleInForce[], after: readonly RuleInForce[]): readonly RuleChange[] {
  const were = new Map(before.map(({ ruleId, version }) => [ruleId, version]));
  const are = new Map(after.map(({ ruleId, version }) => [ruleId, version]));
  const gone = [...were.keys()].filter((ruleId) => !are.has(ruleId));
  return [
    ...[...are].flatMap(([ruleId, version]): readonly RuleChange[] => {
      if (were.get(ruleId) === version) return [];
      return [{ ruleId, change: were.has(ruleId) ? "changed" : "added", version }];
    }),
    ...gone.map((ruleId): RuleChange => ({ ruleId, change: "removed", version: null })),
  ];
}

function messageOf({ ruleId, change, version }: RuleChange): NewMessage<"ttp.rule.reloaded.*"> {
  return { family: "ttp.rule.reloaded.*", segments: [ruleId], payload: { rule_id: ruleId, change, version } };
}
