import type { Clock } from "#platform/clock";
import type { Database, Fact } from "#platform/database";
import type { Logger } from "#platform/log";
import { SYSTEM } from "../room.ts";
import {
  findBundle,
  insertActivation,
  insertBundle,
  latestActivation,
  lockActivation,
  wasEverPublished,
} from "../policy-store.ts";
import { loadBundle, readBundleSource } from "./bundle.ts";
import type { Sourced } from "./change.ts";
import { PolicyBundleInvalid } from "./errors.ts";
import { policyDetails, signedRow } from "./store-bundle.ts";
import { createStoredBundles, type BundleSeal, type StoredBundles } from "./stored-bundles.ts";

type Opening = Readonly<{ db: Database; clock: Clock; log: Logger; seal: BundleSeal; policiesDir: string }>;

export type Policies = StoredBundles &
  Readonly<{
    seal: BundleSeal;
    /** Digest of what is in the folder of the installation; null: it does not load. */
    folder: string | null;
  }>;

function readFolder(policiesDir: string): Sourced {
  const source = readBundleSource(policiesDir);
  return { bundle: loadBundle(source), source };
}

function folderFact(bundle: Sourced["bundle"], last: string | null): Fact {
  const object = { kind: "policy", id: bundle.digest };
  const fact = { actor: SYSTEM.actor, object, details: policyDetails(bundle) };
  if (last === bundle.digest) return { ...fact, type: "policy.stored", after: "stored" };
  return { ...fact, type: "policy.activated", before: last, after: bundle.digest };
}

/**
 * Brings what is in the folder into force, as upgrades and whoever edits it mean it: until somebody published. That is
 * asked with the activation held, so that a process that starts meanwhile does not put the folder over what was published.
 */
async function activateFolder({ db, clock, seal }: Opening, folder: Sourced): Promise<void> {
  const { bundle } = folder;
  const last = await latestActivation(db.read);
  const stored = await findBundle(db.read, bundle.digest);
  if (last?.digest === bundle.digest && stored !== undefined) return;
  const at = clock.now();
  const row = await signedRow(seal, { ...folder, origin: "folder", by: SYSTEM.actor, at });
  await db.audited(
    (facts: readonly Fact[]) => facts,
    async (tx) => {
      const held = await lockActivation(tx);
      if (await wasEverPublished(tx)) return [];
      await insertBundle(tx, row);
      const { digest, manifest } = bundle;
      if (held?.digest !== digest)
        await insertActivation(tx, { digest, manifest, at, actor: SYSTEM.actor, actionId: null });
      return [folderFact(bundle, held?.digest ?? null)];
    },
  );
}

/** Once somebody published, what is in the folder is a candidate like any other: it is read, and never in force by itself. */
async function lookAtFolder({ db, log, policiesDir }: Opening): Promise<string | null> {
  const last = await latestActivation(db.read);
  try {
    const { digest } = readFolder(policiesDir).bundle;
    if (digest !== last?.digest)
      log.warn(
        { folder: digest, inForce: last?.digest },
        "the folder of policies holds others than those in force: tyr policy diff shows how they differ, tyr policy publish asks for them",
      );
    return digest;
  } catch (error) {
    if (!(error instanceof PolicyBundleInvalid)) throw error;
    log.warn({ err: error }, "the folder of policies does not load; what was published stays in force");
    return null;
  }
}

/**
 * Opens the bundle in force, and sees to what is in the folder of the installation.
 *
 * @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID`: nothing is decided without a valid bundle
 */
export async function openPolicies(opening: Opening): Promise<Policies> {
  const { db, seal, policiesDir } = opening;
  const isPublished = await wasEverPublished(db.read);
  const folder = isPublished ? undefined : readFolder(policiesDir);
  if (folder !== undefined) await activateFolder(opening, folder);
  const digest = folder === undefined ? await lookAtFolder(opening) : folder.bundle.digest;
  const bundles = createStoredBundles(seal);
  const last = await latestActivation(db.read);
  // Read from the database at each start, whatever this thread knows: it may have been altered since.
  if (last !== undefined) await bundles.read(db.read, last.digest);
  await bundles.inForce(db.read);
  return { ...bundles, seal, folder: digest };
}
