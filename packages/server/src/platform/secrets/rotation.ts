import type { Actor } from "@tyr/contract";
import type { Database } from "#platform/database";
import { startLoop, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import type { KeyState, Secrets } from "./create-secrets.ts";

export type RotationDeps = Readonly<{ database: Database; secrets: Secrets; log: Logger }>;
type RotationOrder = Readonly<{ actor: Actor; requestId: string; reason: string }>;

/** Keys of the server's own secrets: puts new ones in force and brings every secret under them, also after a crash. */
export type KeyRotation = Readonly<{
  /** A new key is in force when this resolves; the secrets follow in the background. @returns its name */
  rotate(order: RotationOrder): Promise<string>;
  status(): Promise<readonly KeyState[]>;
  start(): RunningLoop;
  /** Brings everything under the key in force before it resolves. */
  finish(): Promise<void>;
}>;

const system: Actor = { kind: "system", id: "system", name: "system" };
/** How long another process's rotation, or one that was cut off, may wait for us. */
const LOOK_EVERY_MS = 60_000;

async function step({ database, secrets }: RotationDeps): Promise<number> {
  return await database.bookkeep("secret-rewrap", async (tx) => await secrets.rewrapSome(tx));
}

/**
 * Checks the file of keys against the database, and makes the first key at the first start.
 *
 * @throws {KeyringUnusable} `KEYRING_UNUSABLE`
 */
export async function openKeyRotation(deps: RotationDeps): Promise<KeyRotation> {
  const { database, secrets, log } = deps;
  const putInForce = async ({
    actor,
    requestId,
    reason,
  }: Omit<RotationOrder, "requestId"> & { requestId: string | null }) =>
    await database.audited(
      (name: string) => [
        {
          type: "secret.key_activated",
          actor,
          requestId,
          object: { kind: "secret-key", id: name },
          after: "in force",
          details: { reason },
        },
      ],
      async (tx) => await secrets.putNextInForce(tx),
    );
  if (!(await secrets.check(database.read)))
    await putInForce({ actor: system, requestId: null, reason: "first start" });
  let loop: RunningLoop | undefined;
  return {
    async rotate(order) {
      const name = await putInForce(order);
      loop?.wake();
      return name;
    },
    status: async () => await secrets.status(database.read),
    start() {
      loop = startLoop({ name: "secrets", step: async () => (await step(deps)) > 0, restMs: LOOK_EVERY_MS, log });
      return loop;
    },
    async finish() {
      while ((await step(deps)) > 0);
    },
  };
}
