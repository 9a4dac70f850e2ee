import { type Bytes, concat, uint64, utf8 } from "./bytes.ts";

/** Eight bytes of time before the Ed25519 signature. */
export const cosignatureSizeBytes = 72;

/**
 * What a witness signs: a header, the time in seconds since 1970, and the whole text of the checkpoint, extension
 * lines included (C2SP tlog-cosignature v1).
 */
export function cosignatureMessage(text: Uint8Array, time: number | Uint8Array): { time: Bytes; message: Bytes } {
  const bytes = typeof time === "number" ? uint64(time) : new Uint8Array(time);
  const seconds = new DataView(bytes.buffer).getBigUint64(0);
  return { time: bytes, message: concat(utf8(`cosignature/v1\ntime ${seconds}\n`), text) };
}

/** Seconds since 1970, from a cosignature that was verified. */
export function cosignatureTime(signature: Uint8Array): number {
  return Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
}
