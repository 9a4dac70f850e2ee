import type { Result } from "@tyr/contract";
import type { ReadDatabase } from "#platform/database";
import { findBundle, latestActivation, type PolicyBundleRow } from "../policy-store.ts";
import { loadBundle, sourceOf } from "./bundle.ts";
import { bundleText } from "./bundle-text.ts";
import type { Sourced } from "./change.ts";
import { openEngine, type Engine, type Slot } from "./engine.ts";
import { PolicyBundleInvalid } from "./errors.ts";

/** Signs bundles, and knows what it signed. */
export type BundleSeal = Readonly<{
  sign(text: string): Promise<string>;
  open(note: string): Promise<Result<string>>;
}>;

/** The bundle in force and others, by their digests. */
export type StoredBundles = Readonly<{
  /**
   * The engine of the bundle that the newest activation names, as `db` sees it: inside a transaction, the one it is decided
   * with. Ask it at once: after the next turn another may have its place, and then it denies.
   *
   * @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID`: nothing is decided without a valid bundle
   */
  inForce(db: ReadDatabase): Promise<Engine>;
  /** @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID` it was altered, or does not load any more */
  read(db: ReadDatabase, digest: string): Promise<Sourced | undefined>;
}>;

/** Loaded bundles kept: in force, asked for, and a few somebody looks at. */
const LOADED_MAX = 8;

async function opened(seal: BundleSeal, { digest, files, signature }: PolicyBundleRow): Promise<Sourced> {
  const where = `stored bundle ${digest}`;
  const source = sourceOf(files);
  const bundle = loadBundle(source);
  if (bundle.digest !== digest) throw new PolicyBundleInvalid(where, "is not what its digest names: it was altered");
  const text = await seal.open(signature);
  if (!text.ok || text.value !== bundleText(bundle))
    throw new PolicyBundleInvalid(where, "is not signed by this installation: somebody else put it into the database");
  return { bundle, source };
}

type Place = Readonly<{ slot: Slot; engine: Engine }>;

/**
 * Two places in this thread, whoever asks: so that whoever began with the bundle before can end with it. The one asked for
 * last is first.
 */
let places: readonly Place[] = [];

function placed(digest: string): Engine | undefined {
  const found = places.find(({ engine }) => engine.bundle.digest === digest);
  if (found !== undefined && found !== places[0]) places = [found, ...places.filter((one) => one !== found)];
  return found?.engine;
}

function place({ bundle }: Sourced): Engine {
  const slot: Slot = places[0]?.slot === "active-a" ? "active-b" : "active-a";
  // What stood there is gone even where this one does not open.
  places = places.filter((one) => one.slot !== slot);
  const engine = openEngine(bundle, slot);
  places = [{ slot, engine }, ...places];
  return engine;
}

export function createStoredBundles(seal: BundleSeal): StoredBundles {
  const loaded = new Map<string, Sourced>();
  const read = async (db: ReadDatabase, digest: string): Promise<Sourced | undefined> => {
    const known = loaded.get(digest);
    if (known !== undefined) return known;
    const row = await findBundle(db, digest);
    if (row === undefined) return undefined;
    const sourced = await opened(seal, row);
    const [oldest] = loaded.keys();
    if (loaded.size >= LOADED_MAX && oldest !== undefined) loaded.delete(oldest);
    loaded.set(digest, sourced);
    return sourced;
  };
  return {
    read,
    async inForce(db) {
      const activation = await latestActivation(db);
      if (activation === undefined) throw new PolicyBundleInvalid("activation", "no bundle ever came into force");
      const { digest } = activation;
      const sourced = placed(digest) === undefined ? await read(db, digest) : undefined;
      // Looked for again: somebody else may have opened it meanwhile.
      const engine = placed(digest);
      if (engine !== undefined) return engine;
      if (sourced === undefined) throw new PolicyBundleInvalid(digest, "is in force and not in the database");
      return place(sourced);
    },
  };
}
