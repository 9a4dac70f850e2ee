import { readFileSync } from "node:fs";
import { demand, type Result } from "../errors.ts";
import { fromBase64, fromHex } from "../bytes.ts";
import type { InclusionClaim } from "../proof.ts";

/** Reads one published conformance file. */
// oxlint-disable-next-line no-unnecessary-type-parameters -- the caller names the shape it relies on; the tests prove it
export function readVector<Shape>(name: string): Shape {
  const text = readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text) as Shape;
}

/** Base64 from a vector; what is not base64 becomes bytes that no verifier may accept. */
export function base64Bytes(text: string): Uint8Array {
  return fromBase64(text) ?? new Uint8Array(0);
}

export type InclusionCase = Readonly<{
  id: string;
  ok: boolean;
  index: string;
  size: string;
  leafHash: string;
  root: string;
  proof: readonly string[];
}>;

/** What a published case claims, as a verifier takes it. */
export function claimOf(given: InclusionCase): InclusionClaim {
  return {
    index: Number(given.index),
    size: Number(given.size),
    leafHash: base64Bytes(given.leafHash),
    root: base64Bytes(given.root),
    proof: given.proof.map(base64Bytes),
  };
}

export function hexBytes(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`not hexadecimal: ${text}`);
  return bytes;
}

export function value<T>(result: Result<T>): T {
  return demand(result);
}

export function codeOf<T>(result: Result<T>): string {
  return result.ok ? "accepted" : result.refusal.code;
}
