import type { Result } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { lockAdministrators } from "../store.ts";
import type { ProvisioningClient, ProvisioningDeps } from "./room.ts";

export type Context = Readonly<{ deps: ProvisioningDeps; client: ProvisioningClient; tx: WriteTransaction; now: Date }>;

/** One transaction, one writer at a time: what roles are counted on holds until the end. A refusal leaves nothing behind. */
export async function inTurn<T extends Readonly<{ facts: readonly Fact[] }>>(
  deps: ProvisioningDeps,
  client: ProvisioningClient,
  work: (context: Context) => Promise<Result<T>>,
): Promise<Result<T>> {
  return await deps.database.audited(
    (told: Result<T>) => (told.ok ? told.value.facts : []),
    async (tx) => {
      await lockAdministrators(tx);
      return await work({ deps, client, tx, now: deps.clock.now() });
    },
  );
}
