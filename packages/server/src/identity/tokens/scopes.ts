import {
  OFFLINE_ACCESS,
  ok,
  PERMISSION_NAMES,
  refuse,
  type Permission,
  type Refused,
  type Result,
} from "@tyr/contract";

export type Scopes = Readonly<{ permissions: readonly Permission[]; offline: boolean }>;

function tooWide(words: readonly string[]): Refused {
  const detail = words.length === 0 ? "the client holds nothing now" : "the client does not hold all of the scope";
  // Words nobody knows are not repeated: they may be anything.
  return refuse("SCOPE_INVALID", detail, { scopes: PERMISSION_NAMES.filter((name) => words.includes(name)) });
}

/**
 * What a client gets of what it asks for: all or nothing of the words, each once; everything it holds when it names no
 * permission. Refusal `SCOPE_INVALID`.
 *
 * @param wish words separated by spaces (RFC 6749 section 3.3)
 */
export function chooseScopes(wish: string | undefined, held: ReadonlySet<Permission>): Result<Scopes> {
  const words = new Set((wish ?? "").split(" ").filter((word) => word !== ""));
  const offline = words.delete(OFFLINE_ACCESS);
  const refused = [...words].filter((word) => !(held as ReadonlySet<string>).has(word));
  if (refused.length > 0) return tooWide(refused);
  const permissions = PERMISSION_NAMES.filter((name) => held.has(name) && (words.size === 0 || words.has(name)));
  return permissions.length === 0 ? tooWide([]) : ok({ permissions, offline });
}
