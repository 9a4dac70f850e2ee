import { generateSigningKey } from "@tyr/ledger";
import type { Actor } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import { laterKeyPath, readKeyFiles } from "./key-files.ts";
import { insertReplacedKey } from "./log-key-store.ts";
import type { LogKey } from "./log-key.ts";
import { placeFile } from "./place-file.ts";
import { lockTree, putKeyInForce } from "./store.ts";

const DAY_MS = 86_400_000;

/** Who replaces the key, why, and for how many days the old one signs along. */
export type KeyChange = Readonly<{ actor: Actor; requestId: string; reason: string; overlapDays: number }>;
export type ReplacedKey = Readonly<{ vkey: string; replaced: string; signsUntil: Date }>;

type RotateDeps = Readonly<{ database: Database; clock: Clock; key: LogKey }>;

/**
 * Puts a new signing key in force. The origin stays; until the overlap ends every checkpoint has a line of both, so that
 * readers who know either go on verifying. The file is on disk before the database names its key.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` when a key file is no longer its owner's alone: nothing was changed
 * @returns undefined when another server replaced the key in the same moment: nothing was changed
 */
export async function rotateKey(
  { database, clock, key }: RotateDeps,
  change: KeyChange,
): Promise<ReplacedKey | undefined> {
  const { actor, requestId, reason, overlapDays } = change;
  // Those there are must be usable still: the database must not name a key that the next turn refuses to open.
  await readKeyFiles(key.folder);
  const { skey, vkey } = await generateSigningKey(key.origin);
  placeFile(laterKeyPath(key.folder, vkey), `${skey}\n`, "keep");
  const now = clock.now();
  const signsUntil = new Date(now.getTime() + overlapDays * DAY_MS);
  return await database.audited(
    (replaced: ReplacedKey | undefined) =>
      replaced === undefined
        ? []
        : [
            {
              type: "audit.key_rotated",
              actor,
              requestId,
              object: { kind: "audit-log", id: key.origin },
              before: key.vkey,
              after: vkey,
              details: { signsUntil: signsUntil.toISOString(), reason },
            },
          ],
    async (tx) => {
      const tree = await lockTree(tx);
      if (tree.vkey !== key.vkey) return undefined;
      await insertReplacedKey(tx, { vkey: key.vkey, replaced_at: now, signs_until: signsUntil });
      await putKeyInForce(tx, vkey);
      return { vkey, replaced: key.vkey, signsUntil };
    },
  );
}
