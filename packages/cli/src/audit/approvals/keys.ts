import { createHash } from "node:crypto";
import { textOf, type Entry } from "./entries.ts";
import type { People } from "./people.ts";

type OwnKey = Readonly<{ owner: string; index: number; publicKey: string; expiresAt: string; isPersonal: boolean }>;

/** A key that signed something: whose it is by the log, and by which entry. Whether that is true its owner can be asked. */
export type UsedKey = Readonly<{
  key: string;
  owner: string;
  index: number;
  /** SHA-256 of the public key in hex, as the owner's own list shows it. */
  fingerprint: string;
}>;

/** The keys people registered in the log, and which of them had ended by the entry that is read. */
export type Keys = Readonly<{
  /** Which entries say something about keys, and what they do. @returns why one is not taken */
  read(entry: Entry): string | undefined;
  /** Why the key of a signed decision does not count. */
  faultOf(entry: Entry): "KEY_UNKNOWN" | "KEY_ENDED" | undefined;
  /** Whether it was ended since, by its owner, a suspicion or the end of the account: what it signed counts no more. */
  hasEnded(entry: Entry): boolean;
  /** Those that signed what was read, in the order of their entries. */
  used(): readonly UsedKey[];
}>;

export function openKeys(people: People): Keys {
  const keys = new Map<string, OwnKey>();
  const owners = new Map<string, string>();
  const ended = new Set<string>();
  const used = new Map<string, UsedKey>();

  const add = ({ type, index, object, actor, details }: Entry): string | undefined => {
    const [publicKey, expiresAt] = [textOf(details["publicKey"]), textOf(details["expiresAt"])];
    const owner = owners.get(publicKey);
    // One key under two names would be two people.
    if (publicKey !== "" && owner !== undefined && owner !== actor) return `it is ${owner}'s already`;
    // Registered once: a later entry about the same key changes nothing.
    if (keys.has(object)) return undefined;
    owners.set(publicKey, actor);
    keys.set(object, { owner: actor, index, publicKey, expiresAt, isPersonal: type === "approval_key.added" });
    return undefined;
  };
  const endAllOf = (whose: string, isMeant: (key: OwnKey) => boolean = () => true): void => {
    for (const [id, key] of keys) if (key.owner === whose && isMeant(key)) ended.add(id);
  };
  const steps: Readonly<Record<string, (entry: Entry) => string | undefined | void>> = {
    "passkey.added": add,
    "approval_key.added": add,
    "passkey.removed": ({ object }) => void ended.add(object),
    "approval_key.revoked": ({ object }) => void ended.add(object),
    "passkey.suspected": ({ details }) => void ended.add(textOf(details["passkey"])),
    "user.sign_in_reset": ({ object }) => endAllOf(object),
    // Personal keys end with the account and stay ended; passkeys count again when it is opened again.
    "user.changed": ({ object }) => {
      if (people.isClosed(object)) endAllOf(object, ({ isPersonal }) => isPersonal);
    },
  };
  const hasEnded = ({ actor, details }: Entry): boolean =>
    ended.has(textOf(details["key_id"])) || people.isClosed(actor);
  return {
    read: (entry) => (Object.hasOwn(steps, entry.type) ? (steps[entry.type]?.(entry) ?? undefined) : undefined),
    hasEnded,
    used: () => [...used.values()].toSorted((one, other) => one.index - other.index),
    faultOf(entry) {
      const { actor, at, details } = entry;
      const id = textOf(details["key_id"]);
      const key = keys.get(id);
      if (key === undefined || key.owner !== actor || key.publicKey !== details["public_key"]) return "KEY_UNKNOWN";
      const fingerprint = createHash("sha256").update(Buffer.from(key.publicKey, "base64url")).digest("hex");
      used.set(id, { key: id, owner: actor, index: key.index, fingerprint });
      const isOver = hasEnded(entry) || (key.expiresAt !== "" && key.expiresAt <= at);
      return isOver ? "KEY_ENDED" : undefined;
    },
  };
}
