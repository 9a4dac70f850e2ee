import { createHash, randomBytes } from "node:crypto";
import { ok, refuse, type Result, type SubjectId } from "@tyr/contract";
import { sql } from "kysely";
import { ERASED_NAME, type WriteTransaction } from "#platform/database";
import { deleteTotp, putRecoveryCodes } from "./factor-store.ts";
import { forgetDevices } from "./known-device.ts";
import { NO_PASSWORD } from "./password-hash.ts";
import { deletePasskeysOf } from "./passkeys/store.ts";
import { totpPlace, type Vault } from "./second-factor.ts";
import { findSubjectByName, isErased, nameKey } from "./store.ts";

/**
 * A name like anybody's, so that lists still work: the end of the random id tells two erased people apart. Providers
 * choose names too, so it may be somebody's already: what nobody can guess keeps them from being in the way.
 */
async function pseudonymOf(tx: WriteTransaction, id: SubjectId): Promise<string> {
  const name = `erased-${id.slice(-12)}`;
  const holder = await findSubjectByName(tx, name);
  return holder === undefined || holder.id === id ? name : `${name}-${randomBytes(8).toString("hex")}`;
}

async function eraseKeys(tx: WriteTransaction, id: SubjectId): Promise<void> {
  await tx
    .updateTable("api_key")
    .set({ name: ERASED_NAME, last_used_from: null, networks: "[]" })
    .where("subject_id", "=", id)
    .where("revoked_at", "is not", null)
    .execute();
}

/** Their name beside what they answered for when access was reviewed. What was held is known by the id, and stays. */
async function eraseReviewed(tx: WriteTransaction, id: SubjectId, name: string): Promise<void> {
  for (const column of ["held", "found"] as const)
    await sql`update access_review_item set ${sql.ref(column)} = jsonb_set(${sql.ref(column)}, '{owner,name}', to_jsonb(${name}::text))
      where ${sql.ref(column)}->'owner'->>'id' = ${id}`.execute(tx);
}

/** What they signed in with: nothing of it opens anything any more, and nobody at a provider is them. */
async function eraseWays(tx: WriteTransaction, vault: Pick<Vault, "drop">, id: SubjectId): Promise<void> {
  await tx.deleteFrom("session").where("subject_id", "=", id).execute();
  await deleteTotp(tx, id);
  await vault.drop(tx, totpPlace(id));
  await putRecoveryCodes(tx, id, []);
  await deletePasskeysOf(tx, id);
  await forgetDevices(tx, id);
  await tx.deleteFrom("federated_identity").where("subject_id", "=", id).execute();
  await tx.deleteFrom("scim_user").where("subject_id", "=", id).execute();
  await eraseKeys(tx, id);
}

async function eraseAccount(tx: WriteTransaction, vault: Pick<Vault, "drop">, id: SubjectId): Promise<Result<number>> {
  const account = await tx
    .selectFrom("subject")
    .select(["name", "active", "password"])
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (account === undefined || isErased(account)) return ok(0);
  if (account.active) return refuse("SUBJECT_ACTIVE", `${id} may still sign in`);
  const name = await pseudonymOf(tx, id);
  const name_hash = createHash("sha256").update(nameKey(account.name)).digest();
  await tx.deleteFrom("login_delay").where("name_hash", "=", name_hash).execute();
  await eraseWays(tx, vault, id);
  await eraseReviewed(tx, id, name);
  await tx
    .updateTable("subject")
    .set({ name, name_key: name, password: NO_PASSWORD, last_seen_at: null })
    .where("id", "=", id)
    .execute();
  return ok(1);
}

/**
 * Leaves nothing of a person in their account but a random id: name, password, second factors, providers, where their
 * sessions and keys came from. Only of somebody disabled, which has ended their sessions and revoked their keys.
 *
 * @returns how many accounts changed: 0 when there is none, or it was erased before; refusal `SUBJECT_ACTIVE`
 */
export function accountEraser(vault: Pick<Vault, "drop">) {
  return async (tx: WriteTransaction, id: string): Promise<Result<number>> =>
    await eraseAccount(tx, vault, id as SubjectId);
}
