/** STIX objects of an invented release that did what MITRE's later ones do: renamed a tactic, split it, revoked techniques. */
type Stix = Readonly<Record<string, unknown>>;

const uuidOf = (text: string): string =>
  `00000000-0000-4000-8000-${Buffer.from(text.padEnd(6, ".")).toString("hex").slice(0, 12)}`;
const named = (id: string): Stix[] => [{ source_name: "mitre-attack", external_id: id }];

function tactic(id: string, shortName: string): Stix {
  return {
    type: "x-mitre-tactic",
    id: `x-mitre-tactic--${uuidOf(id)}`,
    name: shortName,
    x_mitre_shortname: shortName,
    external_references: named(id),
  };
}

export function technique(id: string, tactics: readonly string[], more: Stix = {}): Stix {
  return {
    type: "attack-pattern",
    id: stixIdOf(id),
    name: `Technique ${id}`,
    created: "2020-01-01T00:00:00.000Z",
    modified: "2026-04-28T00:00:00.000Z",
    external_references: named(id),
    kill_chain_phases: tactics.map((phase_name) => ({ kill_chain_name: "mitre-attack", phase_name })),
    ...more,
  };
}

export function stixIdOf(technique: string): string {
  return `attack-pattern--${uuidOf(technique.slice(1))}`;
}

export function relation(kind: string, source: string, target: string): Stix {
  return {
    type: "relationship",
    id: `relationship--${uuidOf(source.slice(-5))}`,
    relationship_type: kind,
    source_ref: source.startsWith("T") ? stixIdOf(source) : source,
    target_ref: stixIdOf(target),
  };
}

export const GROUP = `intrusion-set--${uuidOf("G0016")}`;

const MATRIX = {
  type: "x-mitre-matrix",
  id: `x-mitre-matrix--${uuidOf("matrix")}`,
  name: "Enterprise ATT&CK",
  external_references: named("enterprise-attack"),
};
export const COLLECTION: Stix = {
  type: "x-mitre-collection",
  id: `x-mitre-collection--${uuidOf("whole")}`,
  name: "Enterprise ATT&CK",
  x_mitre_version: "19.1",
};
const MARKING: Stix = {
  type: "marking-definition",
  id: `marking-definition--${uuidOf("mark")}`,
  definition: { statement: "Copyright 2026, The MITRE Corporation." },
};

/** TA0005 is called stealth here, and a part of it became defense-impairment. */
export const TACTICS: readonly Stix[] = [
  tactic("TA0005", "stealth"),
  tactic("TA0112", "defense-impairment"),
  tactic("TA0006", "credential-access"),
];
export const TECHNIQUES: readonly Stix[] = [
  technique("T1027", ["stealth"]),
  technique("T1110", ["credential-access"]),
  technique("T1110.003", ["credential-access"]),
  // Moved to the new tactic under its old id.
  technique("T1070", ["defense-impairment"]),
  // A new id for what was T1562.
  technique("T1685", ["defense-impairment"]),
  technique("T1562", [], { revoked: true }),
  // Two steps to the successor.
  technique("T1066", [], { revoked: true }),
  technique("T1999", [], { revoked: true }),
  // Gone without a successor.
  technique("T1108", [], { revoked: true }),
  technique("T1056", ["credential-access"], { x_mitre_deprecated: true }),
];
export const RELATIONS: readonly Stix[] = [
  relation("revoked-by", "T1562", "T1685"),
  relation("revoked-by", "T1066", "T1999"),
  relation("revoked-by", "T1999", "T1027"),
  relation("subtechnique-of", "T1110.003", "T1110"),
  relation("uses", GROUP, "T1110.003"),
];
const GROUPS: readonly Stix[] = [
  { type: "intrusion-set", id: GROUP, name: "Group", aliases: ["Group", "Other"], external_references: named("G0016") },
];

export function bundle(objects: readonly Stix[] = wholeRelease()): Uint8Array {
  return Buffer.from(JSON.stringify({ type: "bundle", id: `bundle--${uuidOf("bundle")}`, objects }));
}

export function wholeRelease(): readonly Stix[] {
  const matrix = { ...MATRIX, tactic_refs: TACTICS.map(({ id }) => id) };
  return [COLLECTION, MARKING, matrix, ...TACTICS, ...TECHNIQUES, ...RELATIONS, ...GROUPS];
}

/** The release without the objects of a kind, with others in their place. */
export function releaseWithout(type: string, instead: readonly Stix[] = []): readonly Stix[] {
  return [...wholeRelease().filter((one) => one["type"] !== type), ...instead];
}
