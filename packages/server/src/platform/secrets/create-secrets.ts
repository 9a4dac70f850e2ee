import { timingSafeEqual } from "node:crypto";
import type { Clock } from "#platform/clock";
import type { ReadDatabase, WriteTransaction } from "#platform/database";
import { checkValueOf, openEnvelope, rewrapEnvelope, sealEnvelope, type NamedKey, type Place } from "./envelope.ts";
import { KeyringUnusable } from "./errors.ts";
import { freshKey, readKeyring, writeKeyring, type Keyring } from "./keyring.ts";
import {
  activateKey,
  countByKey,
  deleteSealed,
  findSealed,
  listKeys,
  lockActiveKey,
  lockKeys,
  putSealed,
  setWrapped,
  takeOutdated,
} from "./store.ts";

export type SecretsDeps = Readonly<{ keyringPath: string; clock: Clock }>;
export type KeyState = Readonly<{ name: string; active: boolean; createdAt: Date; secrets: number; inFile: boolean }>;

/** Secrets that must be readable again, encrypted in the database. A place holds one; sealing again replaces it. */
export type Secrets = Readonly<{
  seal(tx: WriteTransaction, place: Place, plaintext: Uint8Array): Promise<void>;
  /** Undefined when nothing is sealed there. Throws `SECRET_UNREADABLE`, `KEYRING_UNUSABLE`. */
  open(db: ReadDatabase, place: Place): Promise<Uint8Array | undefined>;
  /** Deletes what is sealed there, data key and all. @returns whether there was anything */
  drop(tx: WriteTransaction, place: Place): Promise<boolean>;
  /** Compares the file with what the database was sealed with. Throws `KEYRING_UNUSABLE`. @returns whether a key is in force */
  check(db: ReadDatabase): Promise<boolean>;
  /** Puts an unused key of the file, or else a new one, in force. @returns its name */
  putNextInForce(tx: WriteTransaction): Promise<string>;
  /** Wraps some data keys anew under the key in force. @returns how many; 0 when nothing is left */
  rewrapSome(tx: WriteTransaction): Promise<number>;
  status(db: ReadDatabase): Promise<readonly KeyState[]>;
}>;

/** A tenth of a second of work at most, so that a transaction never holds others up. */
const REWRAPPED_MAX = 200;
/** A rotation changes the key in force once; three in a row within one statement do not happen. */
const LOCK_TRIES = 3;

/** The file as last read, read again when a name is asked for that it did not have: another process may have rotated. */
class KeyFile {
  readonly path: string;
  #ring: Keyring | undefined;
  constructor(path: string) {
    this.path = path;
  }

  read(): Keyring | undefined {
    this.#ring = readKeyring(this.path);
    return this.#ring;
  }

  need(name: string): NamedKey {
    const key = this.#ring?.get(name) ?? this.read()?.get(name);
    if (key !== undefined) return key;
    throw new KeyringUnusable(`${this.path} lacks the key ${name}, under which secrets are sealed: restore the file`);
  }
}

async function activeKey(file: KeyFile, tx: WriteTransaction): Promise<NamedKey> {
  for (let tries = 0; tries < LOCK_TRIES; tries += 1) {
    const name = await lockActiveKey(tx);
    if (name !== undefined) return file.need(name);
  }
  throw new KeyringUnusable("no key-encryption key is in force: the server puts the first in force as it starts");
}

async function check(file: KeyFile, db: ReadDatabase): Promise<boolean> {
  const known = await listKeys(db);
  const ring = file.read();
  if (ring === undefined) {
    if (known.length === 0) return false;
    throw new KeyringUnusable(`${file.path} is missing, but the database holds secrets sealed with it: restore it`);
  }
  const counts = await countByKey(db);
  for (const { name, check_value, active } of known) {
    const key = ring.get(name);
    if (key === undefined && (active || counts.has(name))) file.need(name);
    if (key !== undefined && !timingSafeEqual(checkValueOf(key), check_value))
      throw new KeyringUnusable(`${file.path} has another key ${name} than the one the database was sealed with`);
  }
  return known.some((one) => one.active);
}

/** A key somebody added to the file, or one that a crash left there, is taken before a new one is made. */
async function putNextInForce(file: KeyFile, tx: WriteTransaction, now: Date): Promise<string> {
  await lockKeys(tx);
  const known = new Set((await listKeys(tx)).map((one) => one.name));
  const ring = file.read() ?? new Map<string, NamedKey>();
  let next = [...ring.values()].findLast((one) => !known.has(one.name));
  if (next === undefined) {
    next = freshKey([...known, ...ring.keys()], now);
    writeKeyring(file.path, [...ring.values(), next]);
    next = file.need(next.name);
  }
  await activateKey(tx, { name: next.name, check_value: checkValueOf(next), created_at: now });
  return next.name;
}

async function rewrapSome(file: KeyFile, tx: WriteTransaction): Promise<number> {
  const to = await activeKey(file, tx);
  const outdated = await takeOutdated(tx, to.name, REWRAPPED_MAX);
  for (const { place, envelope } of outdated)
    await setWrapped(tx, place, rewrapEnvelope({ from: file.need(envelope.keyName), to }, place, envelope));
  return outdated.length;
}

async function status(file: KeyFile, db: ReadDatabase): Promise<readonly KeyState[]> {
  const [known, counts, ring] = [await listKeys(db), await countByKey(db), file.read()];
  return known.map(({ name, active, created_at }) => ({
    name,
    active,
    createdAt: created_at,
    secrets: counts.get(name) ?? 0,
    inFile: ring?.has(name) ?? false,
  }));
}

/** Reads nothing yet: `check` does, once the database is open. */
export function createSecrets({ keyringPath, clock }: SecretsDeps): Secrets {
  const file = new KeyFile(keyringPath);
  return {
    seal: async (tx, place, plaintext) =>
      await putSealed(tx, place, sealEnvelope(await activeKey(file, tx), place, plaintext)),
    async open(db, place) {
      const envelope = await findSealed(db, place);
      return envelope && openEnvelope(file.need(envelope.keyName), place, envelope);
    },
    drop: async (tx, place) => await deleteSealed(tx, place),
    check: async (db) => await check(file, db),
    putNextInForce: async (tx) => await putNextInForce(file, tx, clock.now()),
    rewrapSome: async (tx) => await rewrapSome(file, tx),
    status: async (db) => await status(file, db),
  };
}
