import type { SessionId } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import { hashToken, newToken } from "../session-rules.ts";
import { insertChallenge, takeChallengeRow } from "./store.ts";

/** What an answer may be used for; one given for something else counts nowhere. */
export type Purpose = "add a passkey" | "sign in" | "prove again";
/** Long enough to fetch a security key from another room. */
export const CHALLENGE_LIFE_MS = 5 * 60_000;

/** `challenge`: what will be signed, at least 16 bytes nobody could foresee, or the digest of what somebody agrees to. */
type Opening = Readonly<{ purpose: Purpose; sessionId: string | undefined; challenge: Uint8Array }>;
type Deps = Readonly<{ database: Database; clock: Clock }>;

/** @returns the handle under which the one answer is to come back; it is stored as a hash */
export async function openChallenge({ database, clock }: Deps, opening: Opening): Promise<string> {
  const { purpose, sessionId, challenge } = opening;
  const handle = newToken();
  const now = clock.now();
  const row = {
    handle_hash: hashToken(handle),
    challenge,
    purpose,
    session_id: (sessionId as SessionId | undefined) ?? null,
    expires_at: new Date(now.getTime() + CHALLENGE_LIFE_MS),
  };
  await database.bookkeep("counters", async (tx) => await insertChallenge(tx, row, now));
  return handle;
}

type Place = Readonly<{ handle: string; purpose: Purpose; sessionId: string | undefined }>;

/**
 * Takes a challenge before its answer is looked at: it counts once, whatever comes of it.
 *
 * @returns undefined when it is over, was answered, or is for another purpose or another session
 */
export async function takeChallenge(
  { database, clock }: Deps,
  { handle, purpose, sessionId }: Place,
): Promise<Uint8Array | undefined> {
  const row = await database.bookkeep("counters", async (tx) => await takeChallengeRow(tx, hashToken(handle)));
  if (row === undefined || row.expires_at <= clock.now()) return undefined;
  const fits = row.purpose === purpose && row.session_id === (sessionId ?? null);
  return fits ? row.challenge : undefined;
}
