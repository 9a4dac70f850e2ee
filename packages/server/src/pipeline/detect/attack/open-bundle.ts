import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { BundleFault } from "./stix-objects.ts";

/** MITRE's largest bundle has some 50 MB. */
const BYTES_MAX = 96 * 1024 * 1024;
const inflate = promisify(gunzip);

/**
 * The JSON of a bundle, plain or gzip.
 *
 * @throws {BundleFault} too large, damaged, or no JSON
 */
export async function openBundle(bytes: Uint8Array): Promise<unknown> {
  return parse(await unpack(bytes));
}

async function unpack(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
    if (bytes.length > BYTES_MAX) throw tooLarge();
    return bytes;
  }
  try {
    return await inflate(bytes, { maxOutputLength: BYTES_MAX });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    throw code === "ERR_BUFFER_TOO_LARGE" ? tooLarge() : new BundleFault("the gzip file is damaged");
  }
}

function tooLarge(): BundleFault {
  return new BundleFault(`the bundle is larger than ${BYTES_MAX} bytes unpacked`);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new BundleFault("this is no JSON in UTF-8");
  }
}
