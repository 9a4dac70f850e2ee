import type { Bytes } from "./bytes.ts";

/**
 * SHA-256 of one message (FIPS 180-4), synchronous everywhere: a million-entry log takes two million short hashes,
 * where an asynchronous call would cost more than the hash. Node's OpenSSL does it where there is one;
 * elsewhere (the browser) `portableSha256` gives the same bytes.
 */
export const sha256: (data: Uint8Array) => Bytes = nativeSha256() ?? portableSha256;

function nativeSha256(): ((data: Uint8Array) => Bytes) | undefined {
  const process: { getBuiltinModule?: typeof globalThis.process.getBuiltinModule } | undefined = globalThis.process;
  const hash = process?.getBuiltinModule?.("node:crypto").hash;
  if (hash === undefined) return undefined;
  return (data) => fromBinary(hash("sha256", data, "binary"));
}

/** By way of a text: a buffer of its own for every digest costs three times the digest, and memory until it is collected. */
function fromBinary(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

const { roundConstants, startState } = deriveConstants();
const schedule = new Int32Array(64);
const state = new Int32Array(8);

/** The same function without a native library. */
export function portableSha256(data: Uint8Array): Bytes {
  state.set(startState);
  let at = 0;
  for (; at + 64 <= data.length; at += 64) compress(data, at);
  const rest = data.length - at;
  const tail = new Uint8Array(rest < 56 ? 64 : 128);
  tail.set(data.subarray(at));
  tail[rest] = 0x80;
  new DataView(tail.buffer).setBigUint64(tail.length - 8, BigInt(data.length) * 8n);
  for (let block = 0; block < tail.length; block += 64) compress(tail, block);
  const digest = new Uint8Array(32);
  const words = new DataView(digest.buffer);
  state.forEach((word, index) => words.setInt32(4 * index, word));
  return digest;
}

function compress(data: Uint8Array, start: number): void {
  expand(data, start);
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + word(roundConstants, i) + word(schedule, i)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    // One by one on purpose: a destructuring swap allocates, sixty-four times per block.
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  const sums = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) state[i] = word(state, i) + (sums[i] ?? 0);
}

function expand(data: Uint8Array, start: number): void {
  for (let i = 0, at = start; i < 16; i++, at += 4) {
    schedule[i] = (byte(data, at) << 24) | (byte(data, at + 1) << 16) | (byte(data, at + 2) << 8) | byte(data, at + 3);
  }
  for (let i = 16; i < 64; i++) {
    const x = word(schedule, i - 15);
    const y = word(schedule, i - 2);
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    schedule[i] = word(schedule, i - 16) + s0 + word(schedule, i - 7) + s1;
  }
}

function rotate(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits));
}

/** Reads inside the array only; the default satisfies the type checker and never applies. */
function word(words: Int32Array, at: number): number {
  return words[at] ?? 0;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

/** FIPS 180-4 4.2.2 and 5.3.3: fractional bits of the cube and square roots of the first primes. */
function deriveConstants(): { roundConstants: Int32Array; startState: Int32Array } {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) | 0;
  return {
    roundConstants: Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
    startState: Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
  };
}
