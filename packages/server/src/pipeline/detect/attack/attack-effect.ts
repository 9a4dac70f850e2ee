import { EFFECTS_SHOWN, type AttackEffect } from "@tyr/contract";
import type { RulePack } from "../rule-pack.ts";
import { type AttackRelease, entryOf } from "./attack-release.ts";

type Change = Readonly<{
  before: AttackRelease | undefined;
  after: AttackRelease | undefined;
  /** The pack in force, and the one that would be. */
  rules: RulePack;
  tried: RulePack;
}>;

/** What another release of a domain, or none, makes of techniques and of the rules in force. */
export function attackEffect({ before, after, rules, tried }: Change): AttackEffect {
  const [old, next] = [before?.techniques ?? {}, after?.techniques ?? {}];
  const lost = Object.entries(old).filter(([id]) => entryOf(next, id) === undefined);
  const isRevoked = ([id]: readonly [string, unknown]): boolean => entryOf(after?.revoked ?? {}, id) !== undefined;
  const gone = lost.filter((one) => !isRevoked(one)).map(([id, [name]]) => ({ id, name }));
  const renamed = Object.entries(old).flatMap(([id, [from]]) => {
    const to = entryOf(next, id)?.[0];
    return to === undefined || to === from ? [] : [{ id, from, to }];
  });
  const refused = refusedRules(rules, tried);
  const added = Object.keys(next).filter((id) => entryOf(old, id) === undefined).length;
  return {
    techniques: { added, gone: gone.length, revoked: lost.length - gone.length, renamed: renamed.length },
    gone: gone.slice(0, EFFECTS_SHOWN),
    renamed: renamed.slice(0, EFFECTS_SHOWN),
    refused: refused.length,
    refusedRules: refused.slice(0, EFFECTS_SHOWN),
  };
}

/** Rules in force that would not be, each with why. */
function refusedRules(rules: RulePack, tried: RulePack): AttackEffect["refusedRules"] {
  const ids = new Set([...tried.rules.values()].map(({ id }) => id));
  const why = new Map(tried.rejected.map(({ path, line, message }) => [`${path}:${line}`, message]));
  return [...rules.rules.values()]
    .filter(({ id }) => !ids.has(id))
    .map(({ id, sigma: { title, path, line } }) => ({
      ruleId: id,
      title,
      message: why.get(`${path}:${line}`) ?? "what it refers to would be left out",
    }));
}
