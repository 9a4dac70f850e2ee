import { createHash } from "node:crypto";
import { ok, refuse, type Actor, type Result } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact } from "#platform/database";
import type { Logger } from "#platform/log";
import { builtInAttack, releaseOf, type AttackCatalogue, type AttackRelease } from "./attack-release.ts";
import { loadedReleases, nameOfLoaded, namesOfLoaded, putRelease, type LoadedRelease } from "./attack-store.ts";
import { withFormerTactics } from "./pair-techniques.ts";
import { readBundle } from "./read-bundle.ts";
import { tacticsWithoutPhase } from "./unified-kill-chain.ts";

/** A release in force; `loaded` is undefined for the one that comes with Tyr. */
export type InForce = Readonly<{ attack: AttackRelease; loaded: Omit<LoadedRelease, "attack"> | undefined }>;
type LoadRequest = Readonly<{
  bytes: Uint8Array;
  release: string | undefined;
  by: Readonly<{ actor: Actor; requestId: string | null }>;
}>;
type Loaded = Readonly<{ inForce: InForce; before: string | null }>;

/** The ATT&CK releases in force: those that come with Tyr, and what somebody loaded over them. */
export type Attack = Readonly<{
  catalogue(): AttackCatalogue;
  inForce(): readonly InForce[];
  /** Puts a bundle in force. Rules know of it once their pack is built anew with `catalogue()`. */
  load(request: LoadRequest): Promise<Result<Loaded>>;
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
    async load({ bytes, release, by }) {
      const read = await readBundle(bytes, { release });
      if (!read.ok) return refuse("VALIDATION_FAILED", `the bundle is not usable: ${read.message}`);
      const before = releaseOf(catalogue, read.attack.domain);
      const earlier = [...builtInAttack(), ...(before === undefined ? [] : [before])];
      const loaded: LoadedRelease = {
        attack: withFormerTactics(read.attack, earlier),
        sha256: createHash("sha256").update(bytes).digest("hex"),
        loadedAt: clock.now(),
        loadedBy: { kind: by.actor.kind, id: by.actor.id },
      };
      await database.audited(factOf(loaded, before, by), async (tx) => await putRelease(tx, loaded));
      stand([...standing.flatMap(asLoaded), loaded]);
      const { attack, ...about } = loaded;
      return ok({ inForce: { attack, loaded: about }, before: before?.release ?? null });
    },
    async look() {
      const known = new Set(
        standing.flatMap(({ attack, loaded }) => (loaded === undefined ? [] : nameOfLoaded({ ...attack, ...loaded }))),
      );
      if ((await namesOfLoaded(database.read)).every((name) => known.has(name))) return false;
      stand(await loadedReleases(database.read));
      return true;
    },
  };
}

function asLoaded({ attack, loaded }: InForce): readonly LoadedRelease[] {
  return loaded === undefined ? [] : [{ attack, ...loaded }];
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

function factOf(
  { attack, sha256 }: LoadedRelease,
  before: AttackRelease | undefined,
  { actor, requestId }: LoadRequest["by"],
): Fact {
  return {
    type: "attack.loaded",
    actor,
    requestId,
    object: { kind: "attack-release", id: attack.domain },
    before: before?.release ?? null,
    after: attack.release,
    details: { sha256, techniques: Object.keys(attack.techniques).length, tactics: Object.keys(attack.tactics).length },
  };
}

/** Clustering compares phases: a tactic without one is not seen by it. */
function warnOfPhases(log: Logger, catalogue: AttackCatalogue): void {
  const tactics = tacticsWithoutPhase(catalogue);
  if (tactics.length > 0)
    log.warn({ tactics }, "tactics of ATT&CK have no phase of the kill chain: clustering ignores them");
}
