import { ok, refuse, type AttackBundle, type AttackLoaded, type Result, type RuleNotice } from "@tyr/contract";
import {
  attackEffect,
  isSubTechnique,
  type Attack,
  type AttackCandidate,
  type AttackCatalogue,
  type InForce,
  type RulePack,
} from "#detect";
import type { Call, Handlers } from "./handler.ts";

export type AttackDeps = Readonly<{
  attack: Attack;
  rules: () => RulePack;
  /** What the pack in force would be under other releases. */
  tryAttack: (catalogue: AttackCatalogue) => RulePack;
  /** Builds the pack anew with the releases in force; resolves when it is what events are looked at with. */
  rebuildRules: () => Promise<void>;
}>;

const REJECTED_FOR_ATTACK = "attack-invalid";

type Accepting = Readonly<{ preview?: boolean; acceptRefused?: number }>;
type AttackRoutes = "attack.get" | "attack.load" | "attack.unload";

export function attackHandlers(deps: AttackDeps): Pick<Handlers, AttackRoutes> {
  const { attack, rules, rebuildRules } = deps;
  /** Rules that are in force stay in force, unless whoever asks says how many may go. */
  const change = async (
    candidate: AttackCandidate,
    { preview = false, acceptRefused = 0 }: Accepting,
    { caller, requestId }: Call,
  ): Promise<Result<AttackLoaded>> => {
    const { after, before } = candidate;
    const tried = deps.tryAttack(candidate.catalogue);
    const effect = attackEffect({ before, after: after?.attack, rules: rules(), tried });
    if (!preview) {
      if (effect.refused > acceptRefused) return tooMany(effect);
      await attack.put(candidate, { refusedRules: effect.refused, by: { actor: caller.actor, requestId } });
      await rebuildRules();
    }
    const pack = preview ? tried : rules();
    const inForce = attack.inForce().find((one) => one.attack.domain === candidate.domain);
    const shown = preview ? after : inForce;
    return ok({
      done: !preview,
      bundle: shown === undefined ? null : toBundle(shown),
      before: before?.release ?? null,
      effect,
      notices: noticesOf(pack).length,
      rejected: rejectedOf(pack),
    });
  };
  return {
    "attack.get": async () =>
      await Promise.resolve(
        ok({ items: attack.inForce().map(toBundle), notices: [...noticesOf(rules())], rejected: rejectedOf(rules()) }),
      ),
    "attack.load": async ({ query, body }, call) => {
      const read = await attack.read(body, query.release);
      return read.ok ? await change(read.value, query, call) : read;
    },
    "attack.unload": async ({ params: { domain }, query }, call) => {
      const candidate = attack.without(domain);
      return candidate.ok ? await change(candidate.value, query, call) : candidate;
    },
  };
}

function tooMany({ refused, refusedRules }: AttackLoaded["effect"]): Result<never> {
  const detail = `${refused} rules in force would be left out; repeat the number in acceptRefused if they may`;
  const rules = refusedRules.map(({ title, message }) => `${title}: ${message}`);
  return refuse("ATTACK_REFUSES_RULES", detail, { refused, rules });
}

function noticesOf({ rules }: RulePack): readonly RuleNotice[] {
  return [...rules.values()].flatMap(({ id, sigma, notices }) =>
    notices.map((message) => ({ ruleId: id, title: sigma.title, message })),
  );
}

function rejectedOf({ rejected }: RulePack): number {
  return rejected.filter(({ code }) => code === REJECTED_FOR_ATTACK).length;
}

function toBundle({ attack, loaded }: InForce): AttackBundle {
  const ids = Object.keys(attack.techniques);
  const subTechniques = ids.filter(isSubTechnique).length;
  return {
    domain: attack.domain,
    name: attack.name,
    release: attack.release,
    origin: loaded === undefined ? "built-in" : "loaded",
    sha256: loaded?.sha256 ?? null,
    loadedAt: loaded?.loadedAt.toISOString() ?? null,
    loadedBy: loaded?.loadedBy.id ?? null,
    tactics: Object.keys(attack.tactics).length,
    techniques: ids.length - subTechniques,
    subTechniques,
    deprecated: Object.keys(attack.deprecated).length,
    revoked: Object.keys(attack.revoked).length,
    groups: Object.keys(attack.groups).length,
    notice: attack.notice,
  };
}
