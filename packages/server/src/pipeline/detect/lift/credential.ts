import type { EventId } from "@tyr/contract";
import { observationIdOf } from "#collect";
import { isCommonPair } from "./common-pairs.ts";
import type { TriedOnce } from "./credential-store.ts";
import type { Groups } from "./groups.ts";
import { endIdle, type Lasting, lastingAt } from "./idle.ts";
import { atMs, defineLifter, type Emit, type LiftEvent, type Lifter, serviceOf, textOf } from "./lifter.ts";
import { secretOf, type TriedSecret } from "./secret-of.ts";

/** Equal secrets have equal hashes in one installation, and nobody without its key learns a secret from one. */
export type HashSecret = (kind: string, secret: string) => string;

/** A source that paused for so long begins anew; a pair nobody tried for so long is forgotten. */
const IDLE_MS = 24 * 3_600_000;
const SPRAY_WINDOW_MS = 3_600_000;
/** One secret at so many accounts is no mistake; of a source that tries many secrets it is a dictionary. */
const SPRAY_ACCOUNTS_MIN = 3;
const SPRAY_SECRETS_MAX = 3;
/** So many pairs, nearly each with an account and a secret of its own, come from a list of leaked ones. */
const STUFFING_PAIRS_MIN = 10;
const STUFFING_SHARE_MIN = 0.8;
/** Secrets of one source that are told apart; whoever tries more guesses. */
const SECRETS_MAX = 64;
const ACCOUNTS_MAX = 16;
const TARGETS_MAX = 32;
const SOURCES_MAX = 16;
const USER_CHARS_MAX = 256;

/** What one source tried. */
type Source = Lasting &
  Readonly<{
    type: "source";
    /** Of pairs that are not everybody's. */
    attempts: number;
    /**
     * By hash: the accounts it was tried at, and since when. Written in place, the only state that is: copying it for each
     * attempt was half the cost of this lifter.
     */
    secrets: Record<string, Readonly<{ accounts: readonly string[]; sinceMs: number; sprayed: boolean }>>;
    secretCount: number;
    accounts: readonly string[];
    stuffed: boolean;
  }>;
/** Where one pair was tried, and by whom. */
type Pair = Lasting &
  Readonly<{
    type: "pair";
    firstId: EventId;
    targets: readonly string[];
    sources: readonly string[];
    attempts: number;
    told: number;
  }>;
type State = Source | Pair;

type Attempt = Readonly<{
  event: LiftEvent;
  src: string;
  user: string;
  tried: TriedSecret;
  hash: string;
  /** Everybody tries it. */
  isCommon: boolean;
}>;
type Into = Readonly<{ groups: Groups<State>; emit: Emit }>;

function added(names: readonly string[], name: string, max: number): readonly string[] {
  return names.includes(name) || names.length >= max ? names : [...names, name];
}

function sourceBefore({ event, src }: Attempt, { groups }: Into): Source {
  const known = groups.get(`source ${src}`);
  if (known?.type === "source" && atMs(event) - known.lastMs <= IDLE_MS) return known;
  return {
    ...lastingAt(event),
    type: "source",
    attempts: 0,
    secrets: {},
    secretCount: 0,
    accounts: [],
    stuffed: false,
  };
}

function tellSprayed({ event, src, tried, hash }: Attempt, accounts: readonly string[], emit: Emit): void {
  emit.event({
    kind: "credential",
    action: "credential.sprayed",
    category: "credential",
    service: serviceOf(event),
    identity: [src, hash, event.id],
    time: new Date(atMs(event)),
    src,
    from: [event.id],
    fields: {
      "credential.secret_kind": tried.kind,
      "credential.secret_hash": hash,
      "credential.account_count": accounts.length,
    },
  });
}

function tellStuffed({ event, src }: Attempt, { attempts, accounts, secretCount }: Source, emit: Emit): void {
  emit.event({
    kind: "credential",
    action: "credential.stuffed",
    category: "credential",
    service: serviceOf(event),
    identity: [src, event.id],
    time: new Date(atMs(event)),
    src,
    from: [event.id],
    fields: {
      "credential.attempt_count": attempts,
      "credential.account_count": accounts.length,
      "credential.secret_count": secretCount,
    },
  });
}

/** Pairs from a list: account and secret change together. */
function looksStuffed({ attempts, accounts, secretCount, stuffed }: Source): boolean {
  if (stuffed || attempts < STUFFING_PAIRS_MIN || attempts > ACCOUNTS_MAX) return false;
  return accounts.length >= STUFFING_SHARE_MIN * attempts && secretCount >= STUFFING_SHARE_MIN * attempts;
}

type Tried = Source["secrets"][string];

/** One secret of a source, with the account it is tried at now. */
function tryAgain({ event, user }: Attempt, { secrets, secretCount }: Source, hash: string): Tried {
  const known = Object.hasOwn(secrets, hash) ? secrets[hash] : undefined;
  const at = atMs(event);
  const isRecent = known !== undefined && at - known.sinceMs <= SPRAY_WINDOW_MS;
  const accounts = added(isRecent ? known.accounts : [], user, ACCOUNTS_MAX);
  const secretsNow = secretCount + (known === undefined ? 1 : 0);
  const isSpraying = accounts.length >= SPRAY_ACCOUNTS_MIN && secretsNow <= SPRAY_SECRETS_MAX;
  return { accounts, sinceMs: isRecent ? known.sinceMs : at, sprayed: isSpraying || known?.sprayed === true };
}

function counted({ event, user, isCommon }: Attempt, before: Source, isNewSecret: boolean): Source {
  return {
    ...before,
    ...lastingAt(event, before),
    attempts: before.attempts + (isCommon ? 0 : 1),
    secretCount: before.secretCount + (isNewSecret ? 1 : 0),
    accounts: isCommon ? before.accounts : added(before.accounts, user, ACCOUNTS_MAX),
  };
}

/** @returns whether secret and account are among those told apart: the first 64, and the first 16 for each within an hour */
function takeSource(attempt: Attempt, into: Into): boolean {
  const { event, user, hash, src } = attempt;
  const before = sourceBefore(attempt, into);
  const isKnown = Object.hasOwn(before.secrets, hash);
  const hasRoom = isKnown || before.secretCount < SECRETS_MAX;
  const tried = tryAgain(attempt, before, hash);
  if (tried.sprayed && before.secrets[hash]?.sprayed !== true) tellSprayed(attempt, tried.accounts, into.emit);
  if (hasRoom) before.secrets[hash] = tried;
  const after = counted(attempt, before, hasRoom && !isKnown);
  const isStuffed = looksStuffed(after);
  if (isStuffed) tellStuffed(attempt, after, into.emit);
  into.groups.set(`source ${src}`, event.sensorId, { ...after, stuffed: after.stuffed || isStuffed });
  return hasRoom && tried.accounts.includes(user);
}

/** Told at two targets, then whenever their number has doubled. */
function isNews(targets: number, told: number): boolean {
  return targets >= 2 && targets >= 2 * told;
}

function tellReused({ event, src, user, tried, hash }: Attempt, pair: Pair, emit: Emit): void {
  const eventId = emit.event({
    kind: "credential",
    action: "credential.reused",
    category: "credential",
    service: serviceOf(event),
    identity: [hash, user, pair.firstId, String(pair.targets.length)],
    time: new Date(atMs(event)),
    src,
    user,
    from: [...new Set([pair.firstId, event.id])],
    fields: {
      "credential.secret_kind": tried.kind,
      "credential.secret_hash": hash,
      "credential.target_count": pair.targets.length,
      "credential.source_count": pair.sources.length,
      "credential.attempt_count": pair.attempts,
    },
  });
  emit.say({
    family: "credential.reuse.detected",
    payload: () => ({
      event_id: eventId,
      observation_id: observationIdOf(src),
      principal: user,
      secret_kind: tried.kind,
      secret_hash: hash,
      target_count: pair.targets.length,
      attempt_count: pair.attempts,
    }),
  });
}

function takePair(attempt: Attempt, { groups, emit }: Into): void {
  const { event, user, hash, src } = attempt;
  const key = `pair ${hash} ${user}`;
  const found = groups.get(key);
  const before: Pair =
    found?.type === "pair"
      ? found
      : { ...lastingAt(event), type: "pair", firstId: event.id, targets: [], sources: [], attempts: 0, told: 1 };
  const after: Pair = {
    ...before,
    ...lastingAt(event, before),
    targets: added(before.targets, `${event.sensorId} ${serviceOf(event)}`, TARGETS_MAX),
    sources: added(before.sources, src, SOURCES_MAX),
    attempts: before.attempts + 1,
  };
  const news = isNews(after.targets.length, before.told);
  if (news) tellReused(attempt, after, emit);
  groups.set(key, event.sensorId, news ? { ...after, told: after.targets.length } : after);
}

/**
 * Accounts and secrets tried together: one secret at many accounts, lists of leaked pairs, the same pair at several
 * targets. Pairs that everybody tries are left out. Secrets themselves are hashed before anything is kept.
 */
export function createCredentialLifter(hashSecret: HashSecret): Lifter {
  return defineLifter<State>({
    name: "credential",
    version: 1,
    kinds: ["auth_attempt"],
    groupsMax: 30_000,
    lift(event, groups, emit) {
      endIdle(event, { groups, idleMs: IDLE_MS, end: () => undefined });
      const tried = secretOf(event);
      const src = event.src?.ip;
      const user = event.user?.slice(0, USER_CHARS_MAX).toWellFormed();
      if (tried === undefined || src === undefined || user === undefined) return;
      const hash = hashSecret(tried.kind, tried.secret);
      const attempt = { event, src, user, tried, hash, isCommon: isCommonPair(user, tried.secret) };
      sayCaptured(attempt, emit);
      const isTold = takeSource(attempt, { groups, emit });
      if (isTold) emit.credential(triedOnce(attempt));
      if (isTold && !attempt.isCommon) takePair(attempt, { groups, emit });
    },
  });
}

function triedOnce({ event, src, user, tried, hash, isCommon }: Attempt): TriedOnce {
  const outcome = textOf(event, "event.outcome");
  return {
    src,
    sensorId: event.sensorId,
    service: serviceOf(event),
    principal: user,
    secretKind: tried.kind,
    secretHash: hash,
    common: isCommon,
    outcome: outcome === "success" || outcome === "failure" ? outcome : "observed",
    atMs: atMs(event),
  };
}

function sayCaptured({ event, src, user, tried, hash }: Attempt, emit: Emit): void {
  emit.say({
    family: "credential.captured",
    payload: () => ({
      event_id: event.id,
      observation_id: observationIdOf(src),
      sensor_id: event.sensorId,
      service: serviceOf(event),
      principal: user,
      secret_kind: tried.kind,
      secret_hash: hash,
    }),
  });
}
