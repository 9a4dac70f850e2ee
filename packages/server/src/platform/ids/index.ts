import { createHash, randomFillSync } from "node:crypto";
import { ID_PREFIXES, type Id, type Noun } from "@tyr/contract";

/** Namespace of everything Tyr derives (UUIDv5, RFC 9562 section 5.5). Never change it: ids of old events would change. */
export const TYR_NAMESPACE = "6f1c2d5e-3b7a-5c88-9e0d-74a1b0c2d3e4";

function format(bytes: Uint8Array, version: 5 | 7): string {
  const out = Buffer.from(bytes.subarray(0, 16));
  out.writeUInt8((out.readUInt8(6) & 0x0f) | (version << 4), 6);
  out.writeUInt8((out.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = out.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function sortable(timeMs: number, rest: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.max(0, Math.min(timeMs, 2 ** 48 - 1)), 0, 6);
  Buffer.from(rest).copy(bytes, 6, 0, 10);
  return format(bytes, 7);
}

function prefixed<N extends Noun>(noun: N, uuid: string): Id<N> {
  return `${ID_PREFIXES[noun]}_${uuid}` as Id<N>;
}

/** Drawn in one go: a call per id was a tenth of the cost of taking an event in. */
const pool = Buffer.alloc(4_000);
let drawn = pool.length;

function random(bytes: number): Uint8Array {
  if (drawn + bytes > pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += bytes;
  return pool.subarray(drawn - bytes, drawn);
}

/** A fresh id that sorts by time (UUIDv7, RFC 9562 section 5.7). */
export function newId<N extends Noun>(noun: N, now: Date): Id<N> {
  return prefixed(noun, sortable(now.getTime(), random(10)));
}

/**
 * An id that sorts by time and is the same whenever time and identity are: what makes sending twice write once.
 *
 * @param identity what makes the thing that thing (sensor, place in the source); 74 bits of its SHA-256 enter the id
 */
export function derivedTimeId<N extends Noun>(noun: N, timeMs: number, identity: string): Id<N> {
  return prefixed(noun, sortable(timeMs, createHash("sha256").update(identity).digest()));
}

/** UUIDv5 over the parts joined by `|`, in Tyr's namespace where no other is given (RFC 9562 section 5.5). */
export function uuidV5(parts: readonly string[], namespace: string = TYR_NAMESPACE): string {
  const bytes = Buffer.from(namespace.replaceAll("-", ""), "hex");
  return format(createHash("sha1").update(bytes).update(parts.join("|")).digest(), 5);
}

export function derivedId<N extends Noun>(noun: N, parts: readonly string[]): Id<N> {
  return prefixed(noun, uuidV5(parts));
}
