import { entryOf, releaseWith, techniqueOf, type AttackCatalogue, type AttackRelease } from "./attack-release.ts";

type TechniqueGroup = Readonly<{ id: string; name: string; aliases: readonly string[]; url: string }>;
export type GroupsOfTechnique = Readonly<{
  attack: AttackRelease;
  name: string;
  groups: readonly TechniqueGroup[];
}>;

/** Groups MITRE has seen use exactly this technique or sub-technique; undefined for one no release in force has. */
export function groupsUsing(catalogue: AttackCatalogue, id: string): GroupsOfTechnique | undefined {
  const attack = releaseWith(catalogue, id);
  const known = attack && (techniqueOf(attack, id) ?? entryOf(attack.revoked, id));
  if (attack === undefined || known === undefined) return undefined;
  const groups = Object.entries(attack.groups)
    .filter(([, [, , techniques]]) => techniques.includes(id))
    .map(([group, [name, aliases]]) => ({ id: group, name, aliases, url: `https://attack.mitre.org/groups/${group}` }));
  return { attack, name: known[0], groups };
}
