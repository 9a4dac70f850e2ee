import { createHash } from "node:crypto";
import { ok, refuse, type Actor, type Result } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact } from "#platform/database";
import type { Logger } from "#platform/log";
import { builtInAttack, releaseOf, type AttackCatalogue, type AttackRelease } from "./attack-release.ts";
import {
  loadedReleases,
  nameOfLoaded,
  namesOfLoaded,
  putRelease,
  removeRelease,
  type LoadedRelease,
} from "./attack-store.ts";
import { withFormerTactics } from "./pair-techniques.ts";
import { readBundle } from "./read-bundle.ts";
import { tacticsWithoutPhase } from "./unified-kill-chain.ts";

/** A release in force; `loaded` is undefined for the one that comes with Tyr. */
export type InForce = Readonly<{ attack: AttackRelease; loaded: Omit<LoadedRelease, "attack"> | undefined }>;
type By = Readonly<{ actor: Actor; requestId: string | null }>;
/** What would be in force, before it is. */
export type AttackCandidate = Readonly<{
  domain: string;
  catalogue: AttackCatalogue;
  /** Undefined: nothing of this domain. */
  after: InForce | undefined;
  before: AttackRelease | undefined;
}>;
type Putting = Readonly<{ refusedRules: number; by: By }>;

/** The ATT&CK releases in force: those that come with Tyr, and what somebody loaded over them. */
export type Attack = Readonly<{
  catalogue(): AttackCatalogue;
  inForce(): readonly InForce[];
  /** Reads a bundle; nothing changes. */
  read(bytes: Uint8Array, release?: string): Promise<Result<AttackCandidate>>;
  /** What would be in force without what somebody loaded of a domain. */
  without(domain: string): Result<AttackCandidate>;
  /** Puts it in force. Rules know of it once their pack is built anew with `catalogue()`. */
  put(candidate: AttackCandidate, putting: Putting): Promise<void>;
  /** Takes over what another process loaded. @returns whether there was something: then packs are to be built anew */
  look(): Promise<boolean>;
}>;
export type AttackDeps = Readonly<{ database: Database; clock: Clock; log: Logger }>;

/** Reads what was loaded. Other processes see what this one loads as soon as they look. */
export async function openAttack(deps: AttackDeps): Promise<Attack> {
  const { database, clock, log } = deps;
  let standing = combine(await loadedReleases(database.read));
  let catalogue = catalogueOf(standing);
  warnOfPhases(log, catalogue);
  const stand = (loaded: readonly LoadedRelease[]): void => {
    standing = combine(loaded);
    catalogue = catalogueOf(standing);
    warnOfPhases(log, catalogue);
  };
  return {
    catalogue: () => catalogue,
    inForce: () => standing,
    async read(bytes, release) {
      const read = await readBundle(bytes, { release });
      if (!read.ok) return refuse("VALIDATION_FAILED", `the bundle is not usable: ${read.message}`);
      const { domain } = read.attack;
      const before = releaseOf(catalogue, domain);
      const earlier = [...builtInAttack(), ...(before === undefined ? [] : [before])];
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const loaded = { sha256, loadedAt: clock.now(), loadedBy: NOBODY_YET };
      const after = { attack: withFormerTactics(read.attack, earlier), loaded };
      const all = combine([...loadedOf(standing), { attack: after.attack, ...loaded }]);
      return ok({ domain, catalogue: catalogueOf(all), after, before });
    },
    without(domain) {
      const now = standing.find(({ attack }) => attack.domain === domain);
      if (now?.loaded === undefined) return refuse("NOT_FOUND", `nobody loaded a release of ${domain}`);
      const rest = combine(loadedOf(standing).filter(({ attack }) => attack.domain !== domain));
      const after = rest.find(({ attack }) => attack.domain === domain);
      return ok({ domain, catalogue: catalogueOf(rest), after, before: now.attack });
    },
    async put({ domain, after, before }, { refusedRules, by }) {
      const change = { ...about(by, domain), before: before?.release ?? null, after: after?.attack.release ?? null };
      if (after?.loaded === undefined) {
        const fact: Fact = { ...change, type: "attack.unloaded", details: { refusedRules } };
        await database.audited(fact, async (tx) => await removeRelease(tx, domain));
      } else {
        const { attack, loaded } = after;
        const { kind, id } = by.actor;
        const row = { attack, ...loaded, loadedBy: { kind, id } };
        const fact: Fact = { ...change, type: "attack.loaded", details: { ...sizeOf(row), refusedRules } };
        await database.audited(fact, async (tx) => await putRelease(tx, row));
      }
      stand(await loadedReleases(database.read));
    },
    async look() {
      const known = new Set(loadedOf(standing).map(({ attack, ...loaded }) => nameOfLoaded({ ...attack, ...loaded })));
      const names = await namesOfLoaded(database.read);
      if (names.length === known.size && names.every((name) => known.has(name))) return false;
      stand(await loadedReleases(database.read));
      return true;
    },
  };
}

/** Whoever puts it in force has loaded it. */
const NOBODY_YET = { kind: "system", id: "nobody" } as const;

function loadedOf(standing: readonly InForce[]): readonly LoadedRelease[] {
  return standing.flatMap(({ attack, loaded }) => (loaded === undefined ? [] : [{ attack, ...loaded }]));
}

/** One release per domain: the last loaded, else the one that comes with Tyr. */
function combine(loaded: readonly LoadedRelease[]): readonly InForce[] {
  const byDomain = new Map<string, InForce>(
    builtInAttack().map((attack) => [attack.domain, { attack, loaded: undefined }]),
  );
  for (const { attack, ...about } of loaded) byDomain.set(attack.domain, { attack, loaded: about });
  return [...byDomain.values()];
}

/** The very list that comes with Tyr where nothing was loaded: digests of packs know it by that. */
function catalogueOf(standing: readonly InForce[]): AttackCatalogue {
  return standing.every(({ loaded }) => loaded === undefined) ? builtInAttack() : standing.map(({ attack }) => attack);
}

function about({ actor, requestId }: By, domain: string): Pick<Fact, "actor" | "requestId" | "object"> {
  return { actor, requestId, object: { kind: "attack-release", id: domain } };
}

function sizeOf({ attack, sha256 }: LoadedRelease): Readonly<{ sha256: string; techniques: number; tactics: number }> {
  return { sha256, techniques: Object.keys(attack.techniques).length, tactics: Object.keys(attack.tactics).length };
}

/** Clustering compares phases: a tactic without one is not seen by it. */
function warnOfPhases(log: Logger, catalogue: AttackCatalogue): void {
  const tactics = tacticsWithoutPhase(catalogue);
  if (tactics.length > 0)
    log.warn({ tactics }, "tactics of ATT&CK have no phase of the kill chain: clustering ignores them");
}
