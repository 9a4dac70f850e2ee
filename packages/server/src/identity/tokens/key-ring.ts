import {
  ok,
  refuse,
  type Actor,
  type PublicJwks,
  type Result,
  type TokenKey,
  type TokenKeyRotate,
} from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { SecretUnreadable } from "#platform/secrets";
import type { Vault } from "../second-factor.ts";
import { makePair, packPrivate, unpackPrivate, type KeyKind, type TokenKeyPair } from "./key-pair.ts";
import { deleteTokenKey, insertTokenKey, listTokenKeys, lockTokenKeys } from "./store.ts";
import {
  PUBLISHED_AHEAD_MS,
  publishedKeys,
  signingKey,
  spentKeys,
  tokenKeyView,
  type KeyTimes,
} from "./token-rules.ts";

export type KeyRingDeps = Readonly<{ database: Database; clock: Clock; vault: Vault; kind: KeyKind }>;
export type KeyOrder = TokenKeyRotate & Readonly<{ actor: Actor; requestId: string | null }>;

/** Keys of access tokens. They are in the database alone, so that servers beside each other and after a restart have the same. */
export type KeyRing = Readonly<{
  signer(): Promise<TokenKeyPair>;
  /** The key of an id that verifies now; undefined for every other id, whatever it says. */
  verifier(kid: string): Promise<TokenKeyPair | undefined>;
  published(): Promise<PublicJwks>;
  list(): Promise<readonly TokenKey[]>;
  /** Refusal `KEY_LIMIT_REACHED` while a key waits for its time already. */
  rotate(order: KeyOrder): Promise<Result<TokenKey>>;
}>;

const system: Actor = { kind: "system", id: "system", name: "system" };
/** Pairs in memory; a ring has three at most, of which the others are copies of what is gone. */
const OPENED_MAX = 16;
/** An RFC 7638 thumbprint in base64url: other text is no id of ours and costs no look-up. */
const KID = /^[A-Za-z0-9_-]{43}$/;

const placeOf = (kid: string) => ({ table: "token_key", column: "private_key", record: kid });

class Opened {
  readonly #deps: KeyRingDeps;
  readonly #pairs = new Map<string, TokenKeyPair>();
  constructor(deps: KeyRingDeps) {
    this.#deps = deps;
  }

  /** @throws {SecretUnreadable} `SECRET_UNREADABLE` */
  async pair({ kid, algorithm }: KeyTimes): Promise<TokenKeyPair> {
    const known = this.#pairs.get(kid);
    if (known !== undefined) return known;
    const bytes = await this.#deps.vault.open(this.#deps.database.read, placeOf(kid));
    if (bytes === undefined) throw new SecretUnreadable(`the signing key ${kid} of access tokens is not sealed here`);
    const pair = await unpackPrivate(kid, bytes);
    if (pair.algorithm !== algorithm) throw new SecretUnreadable(`the signing key ${kid} is not one of ${algorithm}`);
    if (this.#pairs.size >= OPENED_MAX) this.#pairs.clear();
    this.#pairs.set(kid, pair);
    return pair;
  }
}

async function forget({ vault }: KeyRingDeps, tx: WriteTransaction, keys: readonly KeyTimes[]): Promise<void> {
  for (const { kid } of keys) {
    await vault.drop(tx, placeOf(kid));
    await deleteTokenKey(tx, kid);
  }
}

type Adding = Readonly<{ pair: TokenKeyPair; now: Date; signsFrom: Date }>;

async function add({ vault }: KeyRingDeps, tx: WriteTransaction, { pair, now, signsFrom }: Adding): Promise<KeyTimes> {
  const row = { kid: pair.kid, algorithm: pair.algorithm, created_at: now, signs_from: signsFrom };
  await insertTokenKey(tx, row);
  await vault.seal(tx, placeOf(pair.kid), packPrivate(pair));
  return row;
}

type Rotated = Readonly<{ row: KeyTimes; before: string | null; ended: readonly string[] }>;

function rotatedFact({ row, before, ended }: Rotated, { actor, requestId, reason }: KeyOrder): Fact {
  return {
    type: "token.key_rotated",
    actor,
    requestId,
    object: { kind: "token-key", id: row.kid },
    before,
    after: row.kid,
    details: { algorithm: row.algorithm, signsFrom: row.signs_from.toISOString(), reason, ended },
  };
}

async function rotate(deps: KeyRingDeps, order: KeyOrder): Promise<Result<TokenKey>> {
  const pair = await makePair(deps.kind);
  const done = await deps.database.audited(
    (rotated: Result<Rotated>) => (rotated.ok ? [rotatedFact(rotated.value, order)] : []),
    async (tx): Promise<Result<Rotated>> => {
      await lockTokenKeys(tx);
      const now = deps.clock.now();
      const keys = await listTokenKeys(tx);
      const before = signingKey(keys, now)?.kid ?? null;
      if (order.compromised === true) {
        await forget(deps, tx, keys);
        const row = await add(deps, tx, { pair, now, signsFrom: now });
        return ok({ row, before, ended: keys.map((key) => key.kid) });
      }
      const waiting = keys.find((key) => key.signs_from > now);
      if (waiting !== undefined)
        return refuse(
          "KEY_LIMIT_REACHED",
          `the key ${waiting.kid} signs from ${waiting.signs_from.toISOString()}; replace it at once only when it is compromised`,
          { limit: 1 },
        );
      await forget(deps, tx, spentKeys(keys, now));
      const signsFrom = before === null ? now : new Date(now.getTime() + PUBLISHED_AHEAD_MS);
      return ok({ row: await add(deps, tx, { pair, now, signsFrom }), before, ended: [] });
    },
  );
  if (!done.ok) return done;
  const { row } = done.value;
  return ok(tokenKeyView(row, await listTokenKeys(deps.database.read), deps.clock.now()));
}

/** Why there has to be another key as the server starts; undefined when the newest is of the configured kind. */
function lacking(keys: readonly KeyTimes[], { algorithm }: KeyKind): string | undefined {
  const newest = keys.toSorted((a, b) => a.signs_from.getTime() - b.signs_from.getTime()).at(-1);
  if (newest === undefined) return "first start";
  return newest.algorithm === algorithm ? undefined : `${algorithm} is configured`;
}

/** Makes the first key, or one of the algorithm that is configured now; two servers that start at once make one. */
async function ensureKey(deps: KeyRingDeps): Promise<void> {
  const reason = lacking(await listTokenKeys(deps.database.read), deps.kind);
  if (reason === undefined) return;
  const pair = await makePair(deps.kind);
  const order: KeyOrder = { actor: system, requestId: null, reason };
  await deps.database.audited(
    (rotated: Rotated | undefined) => (rotated === undefined ? [] : [rotatedFact(rotated, order)]),
    async (tx) => {
      await lockTokenKeys(tx);
      const now = deps.clock.now();
      const keys = await listTokenKeys(tx);
      if (lacking(keys, deps.kind) === undefined) return undefined;
      await forget(deps, tx, spentKeys(keys, now));
      const before = signingKey(keys, now)?.kid ?? null;
      const signsFrom = before === null ? now : new Date(now.getTime() + PUBLISHED_AHEAD_MS);
      return { row: await add(deps, tx, { pair, now, signsFrom }), before, ended: [] };
    },
  );
}

/** @throws {SecretUnreadable} `SECRET_UNREADABLE` at use, for a key that was altered, moved, or is too weak */
export async function openKeyRing(deps: KeyRingDeps): Promise<KeyRing> {
  await ensureKey(deps);
  const opened = new Opened(deps);
  const read = async () => await listTokenKeys(deps.database.read);
  return {
    async signer() {
      const key = signingKey(await read(), deps.clock.now());
      if (key === undefined) throw new SecretUnreadable("no key signs access tokens: start again, which makes one");
      return await opened.pair(key);
    },
    async verifier(kid) {
      if (!KID.test(kid)) return undefined;
      const key = publishedKeys(await read(), deps.clock.now()).find((one) => one.kid === kid);
      return key === undefined ? undefined : await opened.pair(key);
    },
    async published() {
      const keys = publishedKeys(await read(), deps.clock.now());
      return { keys: await Promise.all(keys.map(async (key) => (await opened.pair(key)).jwk)) };
    },
    async list() {
      const [keys, now] = [await read(), deps.clock.now()];
      return publishedKeys(keys, now).map((key) => tokenKeyView(key, keys, now));
    },
    rotate: async (order) => await rotate(deps, order),
  };
}
