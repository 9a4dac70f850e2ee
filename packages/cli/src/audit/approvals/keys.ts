import { textOf, type Entry } from "./entries.ts";

type OwnKey = Readonly<{ owner: string; publicKey: string; expiresAt: string }>;

/** The keys people registered in the log, and which of them had ended by the entry that is read. */
export type Keys = Readonly<{
  /** Which entries say something about keys, and what they do. @returns why one is not taken */
  read(entry: Entry): string | undefined;
  /** Why the key of a signed decision does not count. */
  faultOf(entry: Entry): "KEY_UNKNOWN" | "KEY_ENDED" | undefined;
}>;

export function openKeys(): Keys {
  const keys = new Map<string, OwnKey>();
  const owners = new Map<string, string>();
  const ended = new Set<string>();
  const closed = new Set<string>();

  const add = ({ object, actor, details }: Entry): string | undefined => {
    const [publicKey, expiresAt] = [textOf(details["publicKey"]), textOf(details["expiresAt"])];
    const owner = owners.get(publicKey);
    // One key under two names would be two people.
    if (publicKey !== "" && owner !== undefined && owner !== actor) return `it is ${owner}'s already`;
    // Registered once: a later entry about the same key changes nothing.
    if (keys.has(object)) return undefined;
    owners.set(publicKey, actor);
    keys.set(object, { owner: actor, publicKey, expiresAt });
    return undefined;
  };
  const endAllOf = (whose: string): void => {
    for (const [id, { owner }] of keys) if (owner === whose) ended.add(id);
  };
  const steps: Readonly<Record<string, (entry: Entry) => string | undefined | void>> = {
    "passkey.added": add,
    "approval_key.added": add,
    "passkey.removed": ({ object }) => void ended.add(object),
    "approval_key.revoked": ({ object }) => void ended.add(object),
    "passkey.suspected": ({ details }) => void ended.add(textOf(details["passkey"])),
    "user.sign_in_reset": ({ object }) => endAllOf(object),
    "user.changed": ({ object, after }) =>
      void (after.startsWith("active") ? closed.delete(object) : closed.add(object)),
  };
  return {
    read: (entry) => (Object.hasOwn(steps, entry.type) ? (steps[entry.type]?.(entry) ?? undefined) : undefined),
    faultOf({ actor, at, details }) {
      const id = textOf(details["key_id"]);
      const key = keys.get(id);
      if (key === undefined || key.owner !== actor || key.publicKey !== details["public_key"]) return "KEY_UNKNOWN";
      const isOver = ended.has(id) || closed.has(actor) || (key.expiresAt !== "" && key.expiresAt <= at);
      return isOver ? "KEY_ENDED" : undefined;
    },
  };
}
