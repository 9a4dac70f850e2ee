import { randomBytes } from "node:crypto";
import { ok, refuse, type PasskeyProof, type PasskeyRequest, type Refused, type Result } from "@tyr/contract";
import type { Fact, WriteTransaction } from "#platform/database";
import { anonymous } from "../caller.ts";
import { counterOf, countersOf, keepDevice } from "../known-device.ts";
import {
  newSession,
  sessionCreated,
  type NewSession,
  type Origin,
  type SignedIn,
  type SignInDeps,
} from "../sign-in.ts";
import { newToken } from "../session-rules.ts";
import {
  findSubject,
  forgetDeadSessions,
  forgetFailures,
  insertSession,
  lockUnchanged,
  type SubjectRow,
} from "../store.ts";
import { sessionView } from "../view.ts";
import { openChallenge, takeChallenge, type Purpose } from "./challenges.ts";
import { requestOptions } from "./options.ts";
import type { RelyingParty } from "./relying-party.ts";
import { findPasskey, type PasskeyRow } from "./store.ts";
import { credentialIdOf, suspectedFact, usePasskey, type Used, type UseReason } from "./use-passkey.ts";

export const CHALLENGE_BYTES = 32;

export function noPasskeysHere(): Refused {
  return refuse("PASSKEYS_UNAVAILABLE", "browsers make passkeys for https addresses with a name, and for localhost");
}

type Asking = Readonly<{ purpose: Purpose; sessionId: string | undefined; known: readonly PasskeyRow[] }>;

/** A challenge for the browser. Refusal `PASSKEYS_UNAVAILABLE`. */
export async function beginRequest(deps: SignInDeps, { known, ...place }: Asking): Promise<Result<PasskeyRequest>> {
  const { party } = deps;
  if (party === undefined) return noPasskeysHere();
  const challenge = randomBytes(CHALLENGE_BYTES);
  const handle = await openChallenge(deps, { ...place, challenge });
  return ok({ handle, options: requestOptions({ party, challenge, known }) });
}

/** One answer for unknown, removed, wrong and disabled: nobody learns which passkeys there are. */
export function passkeyRefused(): Refused {
  return refuse("PASSKEY_REFUSED", "this passkey was not accepted");
}

type Reason = UseReason | "no such challenge" | "disabled" | "changed meanwhile";
type Failure = Readonly<{ ok: false; reason: Reason; suspected?: PasskeyRow }>;
type Opened = Readonly<{ ok: true; session: NewSession }>;

function refusedFact(reason: Reason, subjectId: string | undefined, origin: Origin): Fact {
  return {
    type: "session.refused",
    actor: anonymous.actor,
    object: { kind: "subject", id: subjectId ?? "unknown" },
    outcome: "refused",
    requestId: origin.requestId,
    details: { reason, factor: "passkey", address: origin.address },
  };
}

type Shown = Readonly<{ proof: PasskeyProof; challenge: Uint8Array; party: RelyingParty }>;
type Entry = Shown & Readonly<{ subject: SubjectRow; origin: Origin; now: Date }>;

async function open(tx: WriteTransaction, entry: Entry, device: string | undefined): Promise<Opened | Failure> {
  const { subject, origin, now } = entry;
  if ((await lockUnchanged(tx, subject)) === undefined)
    return { ok: false, reason: subject.active ? "changed meanwhile" : "disabled" };
  const used: Used = await usePasskey(tx, { ...entry, subjectId: subject.id });
  if (!used.ok) return used;
  const session = newSession(subject.id, { ...origin, factor: "passkey" }, now);
  await forgetFailures(tx, ...(await countersOf(tx, subject)));
  await forgetDeadSessions(tx, now);
  await insertSession(tx, session.row);
  if (device !== undefined) await keepDevice(tx, { device, subjectId: subject.id, now });
  return { ok: true, session };
}

/** Refused or not, there is an entry; the change that a suspected copy is stays with it. */
function factsOf(done: Opened | Failure, { subject, origin }: Entry): readonly Fact[] {
  if (done.ok) return [sessionCreated(subject, done.session, origin)];
  const { requestId } = origin;
  const suspected =
    done.suspected === undefined ? [] : [suspectedFact(done.suspected, { actor: anonymous.actor, requestId })];
  return [...suspected, refusedFact(done.reason, subject.id, origin)];
}

async function ownerOf({ database }: SignInDeps, proof: PasskeyProof): Promise<SubjectRow | undefined> {
  const passkey = await findPasskey(database.read, credentialIdOf(proof));
  return passkey === undefined ? undefined : await findSubject(database.read, passkey.subject_id);
}

/**
 * Signs somebody in by a passkey alone, which is two factors: what they have, and what it verified. Failures at passwords do
 * not count here, and are forgotten afterwards.
 *
 * @returns refusals `PASSKEY_REFUSED` (the same whatever was wrong), `PASSKEYS_UNAVAILABLE`
 */
export async function signInWithPasskey(
  deps: SignInDeps,
  proof: PasskeyProof,
  origin: Origin,
): Promise<Result<SignedIn>> {
  const { database, clock, party } = deps;
  if (party === undefined) return noPasskeysHere();
  const place = { handle: proof.handle, purpose: "sign in", sessionId: undefined } as const;
  const challenge = await takeChallenge(deps, place);
  const subject = await ownerOf(deps, proof);
  if (challenge === undefined || subject === undefined) {
    const reason = challenge === undefined ? "no such challenge" : "unknown passkey";
    await database.audited(refusedFact(reason, subject?.id, origin), async () => undefined);
    return passkeyRefused();
  }
  const now = clock.now();
  const { isKnownDevice } = await counterOf(database.read, { name: subject.name, device: origin.device, now });
  const device = isKnownDevice ? undefined : newToken();
  const entry: Entry = { proof, challenge, party, subject, origin, now };
  const done = await database.audited(
    (value: Opened | Failure) => factsOf(value, entry),
    async (tx) => await open(tx, entry, device),
  );
  if (!done.ok) return passkeyRefused();
  const session = await sessionView(database.read, { ...subject, last_seen_at: now }, done.session.row);
  return ok({ session, token: done.session.token, ...(device === undefined ? {} : { device }) });
}
