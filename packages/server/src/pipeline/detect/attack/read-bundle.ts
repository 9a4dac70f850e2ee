import { entryOf, isSubTechnique, parentOf, type AttackRelease, type TechniqueEntry } from "./attack-release.ts";
import { openBundle } from "./open-bundle.ts";
import {
  BundleFault,
  groupObjects,
  isGone,
  isMapping,
  listOf,
  madeOf,
  mitreIdOf,
  nameOf,
  shown,
  stixIdOf,
  type Grouped,
  type StixObject,
} from "./stix-objects.ts";

export type BundleRead = Readonly<{ ok: true; attack: AttackRelease }> | Readonly<{ ok: false; message: string }>;
/** `release` is for bundles that do not say which release they are; `notice` replaces the bundle's own statement. */
export type BundleOptions = Readonly<{ release?: string | undefined; notice?: string }>;

/**
 * Reads a STIX bundle of one ATT&CK domain, plain or gzip, and makes the compact form of it. What is wrong with it is
 * said by name; nothing is guessed, no list of tactics is assumed.
 */
export async function readBundle(bytes: Uint8Array, options: BundleOptions = {}): Promise<BundleRead> {
  try {
    return { ok: true, attack: compact(groupObjects(await openBundle(bytes)), options) };
  } catch (error) {
    if (error instanceof BundleFault) return { ok: false, message: error.message };
    throw error;
  }
}

function compact(objects: Grouped, { release, notice }: BundleOptions): AttackRelease {
  const matrix = readMatrix(objects);
  const tactics = readTactics(objects, matrix.tacticRefs);
  const techniques = readTechniques(objects, tactics);
  return {
    release: releaseNamed(objects, release),
    domain: matrix.domain,
    name: matrix.name,
    notice: notice ?? statementOf(objects),
    tactics,
    formerTactics: {},
    ...techniques,
    groups: readGroups(objects, techniques),
  };
}

const RELEASE = /^\d{1,3}(?:\.\d{1,3})?$/;

function releaseNamed(objects: Grouped, asked: string | undefined): string {
  const said = new Set((objects.get("x-mitre-collection") ?? []).map((one) => one["x_mitre_version"]));
  if (said.size > 1) throw new BundleFault("the bundle names several releases; load them one by one");
  const [own = asked] = said;
  if (own === undefined) {
    throw new BundleFault("the bundle does not say which ATT&CK release it is: name it (--release 18.1)");
  }
  if (typeof own !== "string" || !RELEASE.test(own)) throw new BundleFault(`${shown(own)} is no release such as 18.1`);
  if (asked !== undefined && asked !== own)
    throw new BundleFault(`the bundle says it is release ${own}, not ${shown(asked)}`);
  return own;
}

const STATEMENT_CHARS_MAX = 500;

function statementOf(objects: Grouped): string {
  for (const { definition } of objects.get("marking-definition") ?? []) {
    const statement = isMapping(definition) ? definition["statement"] : undefined;
    if (typeof statement === "string") return statement.replaceAll(/\p{C}/gu, " ").slice(0, STATEMENT_CHARS_MAX);
  }
  throw new BundleFault("the bundle carries no copyright statement, which every copy of ATT&CK has to");
}

type Matrix = Readonly<{ domain: string; name: string; tacticRefs: readonly unknown[] }>;
const DOMAIN = /^[a-z]{1,20}-attack$/;

function readMatrix(objects: Grouped): Matrix {
  const found = (objects.get("x-mitre-matrix") ?? []).filter((one) => !isGone(one));
  const domains = new Set(found.map((one) => mitreIdOf(one, DOMAIN)));
  const [domain] = domains;
  const [first] = found;
  if (first === undefined || domain === undefined)
    throw new BundleFault("the bundle has no matrix of an ATT&CK domain");
  if (domains.size > 1) throw new BundleFault("the bundle holds several domains; load them one by one");
  return { domain, name: nameOf(first), tacticRefs: found.flatMap((one) => listOf(one["tactic_refs"])) };
}

const TACTIC_ID = /^TA\d{4}$/;
const SHORT_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const SHORT_NAME_CHARS_MAX = 50;

function readTactics(objects: Grouped, order: readonly unknown[]): AttackRelease["tactics"] {
  const byRef = new Map((objects.get("x-mitre-tactic") ?? []).map((one) => [stixIdOf(one), one]));
  const tactics: Record<string, readonly [string, string]> = {};
  for (const ref of order) {
    const tactic = byRef.get(String(ref));
    if (tactic === undefined) throw new BundleFault(`the matrix names the tactic ${shown(ref)}, which is not there`);
    if (isGone(tactic)) continue;
    const short = tactic["x_mitre_shortname"];
    const id = mitreIdOf(tactic, TACTIC_ID);
    const isShort = typeof short === "string" && short.length <= SHORT_NAME_CHARS_MAX && SHORT_NAME.test(short);
    if (!isShort || id === undefined) throw new BundleFault(`the tactic ${shown(ref)} has no short name or no TA id`);
    const before = entryOf(tactics, short);
    if (before !== undefined && before[0] !== id) throw new BundleFault(`two tactics are called ${short}`);
    tactics[short] = [id, nameOf(tactic)];
  }
  if (Object.keys(tactics).length === 0) throw new BundleFault("the matrix has no tactics");
  return tactics;
}

type Techniques = Pick<AttackRelease, "techniques" | "deprecated" | "revoked">;
const TECHNIQUE_ID = /^T\d{4}(?:\.\d{3})?$/;

function readTechniques(objects: Grouped, tactics: AttackRelease["tactics"]): Techniques {
  const techniques: Record<string, TechniqueEntry> = {};
  const deprecated: Record<string, TechniqueEntry> = {};
  const gone = new Map<string, StixObject>();
  for (const pattern of objects.get("attack-pattern") ?? []) {
    const id = mitreIdOf(pattern, TECHNIQUE_ID);
    if (id === undefined) continue;
    if (pattern["revoked"] === true) {
      gone.set(id, pattern);
      continue;
    }
    const isDeprecated = pattern["x_mitre_deprecated"] === true;
    const table = isDeprecated ? deprecated : techniques;
    if (entryOf(table, id) !== undefined) throw new BundleFault(`the technique ${id} is there twice`);
    const own = phasesOf(pattern);
    const strange = own.find((tactic) => entryOf(tactics, tactic) === undefined);
    if (!isDeprecated && (strange !== undefined || own.length === 0))
      throw new BundleFault(`${id} belongs to the tactic ${shown(strange)}, which the matrix does not have`);
    const known = own.filter((tactic) => entryOf(tactics, tactic) !== undefined);
    table[id] = [nameOf(pattern), known, stixIdOf(pattern), ...madeOf(pattern)];
  }
  if (Object.keys(techniques).length === 0) throw new BundleFault("the bundle has no techniques");
  checkOwners({ ...deprecated, ...techniques });
  checkParents(objects, techniques);
  return {
    techniques: sorted(techniques),
    deprecated: sorted(deprecated),
    revoked: successors(objects, gone, techniques),
  };
}

/** Exports name techniques by their STIX ids: with one for two of them, one would stand for both. */
function checkOwners(table: Readonly<Record<string, TechniqueEntry>>): void {
  const owners = new Map<string, string>();
  for (const [id, [, , stixId]] of Object.entries(table)) {
    const owner = owners.get(stixId);
    if (owner !== undefined) throw new BundleFault(`${owner} and ${id} have one STIX id, ${shown(stixId)}`);
    owners.set(stixId, id);
  }
}

function sorted<T>(table: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(table).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function phasesOf(pattern: StixObject): readonly string[] {
  const names = listOf(pattern["kill_chain_phases"]).flatMap((phase) => {
    if (!isMapping(phase)) return [];
    const { kill_chain_name: chain, phase_name: name } = phase;
    const isOurs = typeof chain === "string" && chain.startsWith("mitre-") && typeof name === "string";
    return isOurs ? [name] : [];
  });
  return [...new Set(names)];
}

type Relation = Readonly<{ source: string; target: string }>;

function relations(objects: Grouped, kind: string): readonly Relation[] {
  return (objects.get("relationship") ?? []).flatMap((one) => {
    const { relationship_type: type, source_ref: source, target_ref: target } = one;
    if (type !== kind || isGone(one) || typeof source !== "string" || typeof target !== "string") return [];
    return [{ source, target }];
  });
}

/** Ids say who is whose parent; where relations say otherwise, one of them is wrong. */
function checkParents(objects: Grouped, techniques: Readonly<Record<string, TechniqueEntry>>): void {
  const orphan = Object.keys(techniques).find(
    (id) => isSubTechnique(id) && entryOf(techniques, parentOf(id)) === undefined,
  );
  if (orphan !== undefined) throw new BundleFault(`the sub-technique ${orphan} has no parent in this bundle`);
  const ids = new Map(Object.entries(techniques).map(([id, [, , stixId]]) => [stixId, id]));
  for (const { source, target } of relations(objects, "subtechnique-of")) {
    const [sub, parent] = [ids.get(source), ids.get(target)];
    if (sub !== undefined && parent !== undefined && parentOf(sub) !== parent)
      throw new BundleFault(`the bundle calls ${sub} a sub-technique of ${parent}`);
  }
}

/** Each revoked technique with the one it was revoked by. A ring of successors is refused: nobody could follow it. */
function successors(
  objects: Grouped,
  gone: ReadonlyMap<string, StixObject>,
  live: Readonly<Record<string, TechniqueEntry>>,
): AttackRelease["revoked"] {
  const ids = new Map<string, string>();
  for (const [id, pattern] of gone) ids.set(stixIdOf(pattern), id);
  for (const [id, [, , stixId]] of Object.entries(live)) ids.set(stixId, id);
  const next = new Map<string, string>();
  for (const { source, target } of relations(objects, "revoked-by")) {
    const [from, to] = [ids.get(source), ids.get(target)];
    if (from !== undefined && to !== undefined && from !== to) next.set(from, to);
  }
  const revoked: Record<string, readonly [string, string | null]> = {};
  const ending = new Set<string>();
  for (const [id, pattern] of gone) {
    if (entryOf(live, id) !== undefined) continue;
    if (isRing(id, (at) => (entryOf(live, at) === undefined ? next.get(at) : undefined), ending))
      throw new BundleFault(`${id} is revoked by a ring of techniques`);
    revoked[id] = [nameOf(pattern), next.get(id) ?? null];
  }
  return sorted(revoked);
}

/** @param ending what was followed to an end before, and is now: each is followed once, however long a chain is */
function isRing(from: string, next: (at: string) => string | undefined, ending: Set<string>): boolean {
  const seen = new Set<string>();
  for (let at: string | undefined = from; at !== undefined && !ending.has(at); at = next(at)) {
    if (seen.has(at)) return true;
    seen.add(at);
  }
  for (const one of seen) ending.add(one);
  return false;
}

const GROUP_ID = /^G\d{4}$/;
const ALIASES_MAX = 100;

function readGroups(objects: Grouped, { techniques, deprecated }: Techniques): AttackRelease["groups"] {
  const ids = new Map(
    [...Object.entries(techniques), ...Object.entries(deprecated)].map(([id, [, , ref]]) => [ref, id]),
  );
  const uses = new Map<string, Set<string>>();
  for (const { source, target } of relations(objects, "uses")) {
    const technique = ids.get(target);
    if (technique === undefined) continue;
    const known = uses.get(source);
    if (known === undefined) uses.set(source, new Set([technique]));
    else known.add(technique);
  }
  const groups: Record<string, readonly [string, readonly string[], readonly string[]]> = {};
  for (const group of objects.get("intrusion-set") ?? []) {
    const id = mitreIdOf(group, GROUP_ID);
    if (id === undefined || isGone(group)) continue;
    const name = nameOf(group);
    groups[id] = [name, aliasesOf(group, name), [...(uses.get(stixIdOf(group)) ?? [])].toSorted()];
  }
  return sorted(groups);
}

function aliasesOf(group: StixObject, name: string): readonly string[] {
  const named = listOf(group["aliases"]).slice(0, ALIASES_MAX);
  return named.map((alias) => nameOf({ id: group["id"], name: alias })).filter((alias) => alias !== name);
}
