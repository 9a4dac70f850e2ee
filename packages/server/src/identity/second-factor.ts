import type { SubjectId } from "@tyr/contract";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import type { Secrets } from "#platform/secrets";
import { findTotp, takeRecoveryCode, takeStep } from "./factor-store.ts";
import { hasPasskey } from "./passkeys/store.ts";
import { hashRecoveryCode } from "./recovery-codes.ts";
import { stepOf } from "./totp.ts";

/** Where the secrets of authenticator applications are sealed. */
export type Vault = Pick<Secrets, "seal" | "open" | "drop">;
/** How somebody proved who they are, as it stands in the log. */
export type Factor = "password" | "password+totp" | "password+recovery" | "password+passkey";

export function totpPlace(id: SubjectId) {
  return { table: "totp", column: "secret", record: id };
}

/** True when a password alone does not open the account. */
export async function hasSecondFactor(db: ReadDatabase, id: SubjectId): Promise<boolean> {
  return (await findTotp(db, id))?.confirmed_at instanceof Date || (await hasPasskey(db, id));
}

/** The code somebody shows, and for whom. */
export type Shown = Readonly<{ id: SubjectId; code: string; now: Date }>;

/** Uses a code of the authenticator application up; a step counts once, and none before it afterwards. */
export async function useTotpCode(tx: WriteTransaction, vault: Vault, { id, code, now }: Shown): Promise<boolean> {
  const secret = await vault.open(tx, totpPlace(id));
  const step = secret === undefined ? undefined : stepOf(code.replaceAll(/\s/g, ""), secret, now);
  return step !== undefined && (await takeStep(tx, id, step));
}

/** Uses a code up, of either kind. @returns undefined when it does not count; nothing was changed then */
export async function useCode(tx: WriteTransaction, vault: Vault, shown: Shown): Promise<Factor | undefined> {
  if (await useTotpCode(tx, vault, shown)) return "password+totp";
  const isRecovery = await takeRecoveryCode(tx, shown.id, hashRecoveryCode(shown.code));
  return isRecovery ? "password+recovery" : undefined;
}
