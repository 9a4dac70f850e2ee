import { ok, type AttackBundle } from "@tyr/contract";
import { isSubTechnique, type Attack, type InForce, type RulePack } from "#detect";
import type { Handlers } from "./handler.ts";

export type AttackDeps = Readonly<{
  attack: Attack;
  rules: () => RulePack;
  /** Builds the pack anew with the releases in force; resolves when it is what events are looked at with. */
  rebuildRules: () => Promise<void>;
}>;

const REJECTED_FOR_ATTACK = "attack-invalid";

export function attackHandlers(deps: AttackDeps): Pick<Handlers, "attack.get" | "attack.load"> {
  const { attack, rules, rebuildRules } = deps;
  const rejected = (): number => rules().rejected.filter(({ code }) => code === REJECTED_FOR_ATTACK).length;
  const notices = () =>
    [...rules().rules.values()].flatMap(({ id, sigma, notices: own }) =>
      own.map((message) => ({ ruleId: id, title: sigma.title, message })),
    );
  return {
    "attack.get": async () =>
      await Promise.resolve(ok({ items: attack.inForce().map(toBundle), notices: notices(), rejected: rejected() })),
    "attack.load": async ({ query, body }, { caller, requestId }) => {
      const by = { actor: caller.actor, requestId };
      const loaded = await attack.load({ bytes: body, release: query.release, by });
      if (!loaded.ok) return loaded;
      await rebuildRules();
      const { inForce, before } = loaded.value;
      return ok({ bundle: toBundle(inForce), before, notices: notices().length, rejected: rejected() });
    },
  };
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
