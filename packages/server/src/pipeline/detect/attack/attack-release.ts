import { readFileSync } from "node:fs";

/** Name, short names of its tactics, and of MITRE's STIX object its id and instants. */
export type TechniqueEntry = readonly [
  name: string,
  tactics: readonly string[],
  stixId: string,
  created: string,
  modified: string,
];

/** One ATT&CK release of one domain in compact form: names, relations and ids, no descriptions. */
export type AttackRelease = Readonly<{
  /** As the bundle says it, e.g. `18.1`. */
  release: string;
  /** `enterprise-attack`, `ics-attack` … */
  domain: string;
  /** Of the matrix, e.g. `Enterprise ATT&CK`. */
  name: string;
  /** MITRE's copyright designation. */
  notice: string;
  /** Short name → [TA id, name], in the order of the matrix. */
  tactics: Readonly<Record<string, readonly [id: string, name: string]>>;
  /** Short names earlier releases had for tactics this one calls something else. */
  formerTactics: Readonly<Record<string, string>>;
  /** Techniques and sub-techniques in use, by id. A sub-technique's parent is the first part of its id. */
  techniques: Readonly<Record<string, TechniqueEntry>>;
  /** Still there, but no longer in the matrix and without a successor. */
  deprecated: Readonly<Record<string, TechniqueEntry>>;
  /** Revoked → what it was revoked by, null where the release names nothing. */
  revoked: Readonly<Record<string, readonly [name: string, successor: string | null]>>;
  /** Group id → name, other names, and the techniques MITRE has seen it use. */
  groups: Readonly<Record<string, readonly [name: string, aliases: readonly string[], techniques: readonly string[]]>>;
}>;

/** The releases in force, one per domain; techniques have ids of their own in each. */
export type AttackCatalogue = readonly AttackRelease[];

export const ENTERPRISE = "enterprise-attack";
/** The domains that come with Tyr. Which releases they are stands in the data, never in code. */
const BUILT_IN = [ENTERPRISE, "ics-attack"] as const;
let builtIn: AttackCatalogue | undefined;

export function builtInAttack(): AttackCatalogue {
  builtIn ??= BUILT_IN.map(
    (domain) => JSON.parse(readFileSync(new URL(`${domain}.json`, import.meta.url), "utf8")) as AttackRelease,
  );
  return builtIn;
}

/** Own properties only: rules and requests name techniques and tactics, and `constructor` is neither. */
export function entryOf<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** A technique in use or deprecated. */
export function techniqueOf(attack: AttackRelease, id: string): TechniqueEntry | undefined {
  return entryOf(attack.techniques, id) ?? entryOf(attack.deprecated, id);
}

/** The release that has a technique or sub-technique, or once had it. */
export function releaseWith(catalogue: AttackCatalogue, id: string): AttackRelease | undefined {
  return (
    catalogue.find((attack) => techniqueOf(attack, id) !== undefined) ??
    catalogue.find((attack) => entryOf(attack.revoked, id) !== undefined)
  );
}

export function releaseOf(catalogue: AttackCatalogue, domain: string): AttackRelease | undefined {
  return catalogue.find((attack) => attack.domain === domain);
}

/** A tactic by its short name, also by one an earlier release had for it. */
export function tacticOf(
  catalogue: AttackCatalogue,
  domain: string,
  tactic: string,
): Readonly<{ id: string; name: string; shortName: string }> | undefined {
  const attack = releaseOf(catalogue, domain);
  if (attack === undefined) return undefined;
  const shortName = entryOf(attack.tactics, tactic) === undefined ? entryOf(attack.formerTactics, tactic) : tactic;
  const known = shortName === undefined ? undefined : entryOf(attack.tactics, shortName);
  return known && shortName !== undefined ? { id: known[0], name: known[1], shortName } : undefined;
}

/** Name of a technique or sub-technique, null when no release in force has it. */
export function techniqueName(catalogue: AttackCatalogue, id: string): string | null {
  const attack = releaseWith(catalogue, id);
  if (attack === undefined) return null;
  return techniqueOf(attack, id)?.[0] ?? entryOf(attack.revoked, id)?.[0] ?? null;
}

/** `enterprise-attack 18.1, ics-attack 18.1`. */
export function nameReleases(catalogue: AttackCatalogue): string {
  return catalogue.map(({ domain, release }) => `${domain} ${release}`).join(", ");
}

/** Page of a technique at MITRE. Ids are of one form, so nothing else gets into the address. */
export function techniqueUrl(id: string): string {
  return `https://attack.mitre.org/techniques/${id.replace(".", "/")}`;
}

export function parentOf(id: string): string {
  return id.slice(0, 5);
}

export function isSubTechnique(id: string): boolean {
  return id.includes(".");
}
