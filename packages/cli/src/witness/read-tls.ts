import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ServerOptions } from "node:https";
import { TLS_PROFILE } from "@tyr/contract";
import { badConfiguration, usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

type Files = Readonly<{ cert: string | undefined; key: string | undefined }>;

async function read(path: string): Promise<Buffer> {
  return await readFile(path).catch((error: unknown) => {
    const why = visible(error instanceof Error ? error.message : String(error));
    throw badConfiguration(`${visible(path)} cannot be read: ${why}`, "Name a file in PEM that this user may read.");
  });
}

/** 128 bits of strength (NIST SP 800-57 part 1, table 2). */
const RSA_BITS_MIN = 3_072;

function fits(cert: Buffer, key: Buffer): boolean {
  try {
    const secret = createPrivateKey(key);
    const { modulusLength = RSA_BITS_MIN } = secret.asymmetricKeyDetails ?? {};
    return modulusLength >= RSA_BITS_MIN && new X509Certificate(cert).checkPrivateKey(secret);
  } catch {
    // What OpenSSL says of it could quote it.
    return false;
  }
}

/**
 * Reads a certificate with its chain and its private key, both in PEM.
 *
 * @returns undefined when neither is given
 * @throws {CliFailure} usage for half a pair, configuration for files that cannot be read or do not fit together
 */
export async function readTls({ cert, key }: Files): Promise<ServerOptions | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw usage("a certificate needs its key, and a key its certificate", "Give both --tls-cert and --tls-key.");
  const pair = { cert: await read(cert), key: await read(key) };
  if (!fits(pair.cert, pair.key))
    throw badConfiguration(
      `${visible(key)} is not the key of the certificate in ${visible(cert)}, one of them is no PEM, or it is an RSA key below ${RSA_BITS_MIN} bits`,
      "Give the certificate and the private key it was made for, unencrypted.",
    );
  return { ...TLS_PROFILE, ...pair };
}
