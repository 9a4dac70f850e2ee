/** What the `attack.` tags of a rule say, in the spelling of MITRE ATT&CK. */
export type AttackTags = Readonly<{
  /** Tactic names with hyphens, for example `initial-access`. */
  tactics: readonly string[];
  /** Technique ids in upper case, for example `T1110` or `T1110.001`. */
  techniques: readonly string[];
}>;

const technique = /^t\d{4}(?:\.\d{3})?$/;
const otherId = /^(?:g|s|ds|m|a|c|an|det|ta)\d{4}$/;
const tactic = /^[a-z]+(?:[-_][a-z]+)*$/;

/**
 * Splits `attack.*` tags; groups, software, mitigations and other namespaces stay in the tags only.
 *
 * @param warn told of tags that look like neither, which cover nothing
 */
export function parseAttackTags(tags: readonly string[], warn: (message: string) => void): AttackTags {
  const tactics = new Set<string>();
  const techniques = new Set<string>();
  for (const tag of tags) {
    const name = tag.toLowerCase();
    if (!name.startsWith("attack.")) continue;
    const value = name.slice("attack.".length);
    if (technique.test(value)) techniques.add(value.toUpperCase());
    else if (otherId.test(value)) continue;
    else if (tactic.test(value)) tactics.add(value.replaceAll("_", "-"));
    else warn(`tag ${JSON.stringify(tag)} is no technique, tactic or other id of ATT&CK`);
  }
  return { tactics: [...tactics], techniques: [...techniques] };
}
