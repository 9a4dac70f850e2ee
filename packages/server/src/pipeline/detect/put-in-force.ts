import type { Actor } from "@tyr/contract";
import type { Database, Fact } from "#platform/database";
import { replaceRules, rulesInForce, type RuleInForce } from "./evaluation-store.ts";
import type { RulePack } from "./rule-pack.ts";

/**
 * Puts a pack in force. When it is not the one that was, what changed is recorded, and windows gathered under rules
 * that are no longer the same are forgotten; those of unchanged rules go on.
 */
export async function putInForce(database: Database, pack: RulePack, by: Actor): Promise<void> {
  const before = await rulesInForce(database.read);
  if (before.length === pack.rules.size && before.every(({ packDigest }) => packDigest === pack.digest)) return;
  const after = [...pack.rules.values()].map(({ id, version, stateDigest }): RuleInForce => {
    return { ruleId: id, version, stateDigest, packDigest: pack.digest };
  });
  const stateBefore = new Map(before.map(({ ruleId, stateDigest }) => [ruleId, stateDigest]));
  const stateAfter = new Map(after.map(({ ruleId, stateDigest }) => [ruleId, stateDigest]));
  const stale = before.filter(({ ruleId, stateDigest }) => stateAfter.get(ruleId) !== stateDigest);
  const removed = before.filter(({ ruleId }) => !stateAfter.has(ruleId)).length;
  const added = after.filter(({ ruleId }) => !stateBefore.has(ruleId)).length;
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
      attackRelease: pack.attack.release,
    },
  };
  await database.audited(fact, async (tx) => {
    await replaceRules(
      tx,
      after,
      stale.map(({ ruleId }) => ruleId),
    );
  });
}
