import {
  entryOf,
  isSubTechnique,
  nameReleases,
  parentOf,
  releaseOf,
  releaseWith,
  techniqueOf,
  type AttackCatalogue,
  type AttackRelease,
} from "./attack-release.ts";

/** A technique of a rule as it is tagged: what the release in force calls it, under one of its tactics. */
export type TaggedTechnique = Readonly<{
  technique: string;
  subTechnique: string | null;
  tactic: string;
  domain: string;
  release: string;
  /** As the rule names it; another id where the release replaced that one. */
  named: string;
}>;
/** `notices` say what was replaced, or is on its way out: the rule works, whoever keeps it should know. */
export type TechniquesRead =
  | Readonly<{ ok: true; techniques: readonly TaggedTechnique[]; notices: readonly string[] }>
  | Readonly<{ ok: false; message: string }>;
export type NamedAttack = Readonly<{ techniques: readonly string[]; tactics: readonly string[] }>;
/** `shipped` is what the rules were written for: what was true there and no longer is moved with the release. */
export type PairingReleases = Readonly<{ attack: AttackCatalogue; shipped: AttackCatalogue }>;

/**
 * Pairs each technique a rule names with a tactic it names. What the release renamed, revoked or moved to another tactic
 * is replaced, with a notice. A technique no release has, a technique none of the named tactics ever belonged to, and a
 * tactic no named technique belongs to are refused: such tags would be false. A rule that names no tactic gets the first
 * one of the technique.
 */
export function pairTechniques(named: NamedAttack, releases: PairingReleases): TechniquesRead {
  const pairing = new Pairing(named, releases);
  for (const id of named.techniques) {
    const fault = pairing.take(id);
    if (fault !== undefined) return { ok: false, message: fault };
  }
  const idle = pairing.idleTactic();
  if (idle !== undefined) return { ok: false, message: `no technique of this rule belongs to the tactic ${idle}` };
  return { ok: true, techniques: pairing.techniques(), notices: pairing.notices };
}

/** Longer chains of successors would be an error of the bundle; the loader refuses rings. */
const SUCCESSORS_MAX = 16;

/** What a release in force calls a technique now; undefined when it was revoked without a successor. */
function currentId(attack: AttackRelease, id: string): string | undefined {
  let at: string | null | undefined = id;
  for (let hop = 0; hop <= SUCCESSORS_MAX && typeof at === "string"; hop += 1) {
    if (techniqueOf(attack, at) !== undefined) return at;
    at = entryOf(attack.revoked, at)?.[1];
  }
  return undefined;
}

class Pairing {
  readonly notices: string[] = [];
  readonly #named: NamedAttack;
  readonly #releases: PairingReleases;
  readonly #found = new Map<string, TaggedTechnique>();
  /** Tactics of the rule that some technique of it belongs to, or belonged to in the release it was written for. */
  readonly #used = new Set<string>();

  constructor(named: NamedAttack, releases: PairingReleases) {
    this.#named = named;
    this.#releases = releases;
  }

  /** @returns what is wrong, or undefined */
  take(id: string): string | undefined {
    const { attack } = this.#releases;
    const release = releaseWith(attack, id);
    if (release === undefined) return `${id} is not in ATT&CK (${nameReleases(attack)})`;
    const current = currentId(release, id);
    const known = current === undefined ? undefined : techniqueOf(release, current);
    if (current === undefined || known === undefined)
      return `${id} was revoked in ${release.domain} ${release.release}, and nothing replaces it`;
    const [name, tactics] = known;
    const tactic = this.#tacticFor(id, { release, tactics, isReplaced: current !== id });
    if (tactic === undefined)
      return `${id} (${name}) belongs to ${tactics.join(", ") || "no tactic"}, none of which is named`;
    this.#tell(id, { current, name, tactic, release });
    const technique = parentOf(current);
    const subTechnique = isSubTechnique(current) ? current : null;
    const { domain, release: version } = release;
    // Two ids of a rule may have been merged into one: what both say is said once.
    const place = `${current} ${tactic}`;
    if (!this.#found.has(place))
      this.#found.set(place, { technique, subTechnique, tactic, domain, release: version, named: id });
    return undefined;
  }

  techniques(): readonly TaggedTechnique[] {
    return [...this.#found.values()];
  }

  idleTactic(): string | undefined {
    return this.#named.tactics.find((tactic) => !this.#used.has(tactic));
  }

  #tacticFor(
    id: string,
    { release, tactics, isReplaced }: { release: AttackRelease; tactics: readonly string[]; isReplaced: boolean },
  ): string | undefined {
    const wasValid = this.#wereNamed(id, release.domain);
    const now = new Map(this.#named.tactics.map((tactic) => [renamed(release, tactic), tactic]));
    for (const [current, tactic] of now) if (tactics.includes(current)) this.#used.add(tactic);
    if (this.#named.tactics.length === 0) return tactics[0];
    const fit = [...now.keys()].find((tactic) => tactics.includes(tactic));
    return fit ?? (isReplaced || wasValid ? tactics[0] : undefined);
  }

  /** Whether a named tactic held this technique in the release the rules were written for; those tactics are not idle. */
  #wereNamed(id: string, domain: string): boolean {
    const before = releaseOf(this.#releases.shipped, domain);
    const known = before && techniqueOf(before, id);
    const held = this.#named.tactics.filter((tactic) => known?.[1].includes(tactic));
    for (const tactic of held) this.#used.add(tactic);
    return held.length > 0;
  }

  #tell(id: string, to: { current: string; name: string; tactic: string; release: AttackRelease }): void {
    const { current, name, tactic, release } = to;
    const where = `${release.domain} ${release.release}`;
    if (current !== id) this.notices.push(`${id} was replaced by ${current} (${name}) in ${where}`);
    const { tactics } = this.#named;
    if (tactics.length > 0 && !tactics.includes(tactic))
      this.notices.push(`${current} (${name}) belongs to ${tactic} in ${where}, not to ${tactics.join(", ")}`);
    if (entryOf(release.deprecated, current) !== undefined)
      this.notices.push(`${current} (${name}) is deprecated in ${where}`);
  }
}

/** What a release calls a tactic that an earlier one gave this name. */
function renamed(attack: AttackRelease, tactic: string): string {
  if (entryOf(attack.tactics, tactic) !== undefined) return tactic;
  return entryOf(attack.formerTactics, tactic) ?? tactic;
}

/**
 * Remembers what earlier releases called the tactics of this one. A tactic keeps its id when MITRE renames it, so nothing
 * has to be listed here.
 */
export function withFormerTactics(attack: AttackRelease, earlier: readonly AttackRelease[]): AttackRelease {
  const byId = new Map(Object.entries(attack.tactics).map(([short, [id]]) => [id, short]));
  const former: Record<string, string> = {};
  for (const before of earlier.filter(({ domain }) => domain === attack.domain)) {
    for (const [short, [id]] of Object.entries(before.tactics)) note(former, attack, { short, now: byId.get(id) });
    for (const [short, later] of Object.entries(before.formerTactics)) {
      note(former, attack, { short, now: byId.get(entryOf(before.tactics, later)?.[0] ?? "") });
    }
  }
  return { ...attack, formerTactics: former };
}

function note(
  former: Record<string, string>,
  attack: AttackRelease,
  { short, now }: { short: string; now: string | undefined },
): void {
  if (now !== undefined && now !== short && entryOf(attack.tactics, short) === undefined) former[short] = now;
}
