import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CliFailure } from "../failure.ts";
import { temporaryDirectory } from "../testing/fake-world.ts";
import { readTls } from "./read-tls.ts";

/** That a witness answers over TLS is shown by the journey with a witness (test/journeys/witness.test.ts). */
test("a certificate needs its key, both have to be readable, and what they hold is not repeated", async () => {
  const folder = await temporaryDirectory();
  const key = join(folder, "key.pem");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  await writeFile(key, pem);
  const refused = async (given: Parameters<typeof readTls>[0]) =>
    await readTls(given).then(
      () => "taken",
      (error: unknown) => (error instanceof CliFailure ? error.message : "broke"),
    );
  expect(await readTls({ cert: undefined, key: undefined })).toBeUndefined();
  expect(await refused({ cert: key, key: undefined })).toContain("needs its key");
  expect(await refused({ cert: undefined, key })).toContain("needs its key");
  expect(await refused({ cert: `${key}.not`, key })).toContain("cannot be read");
  expect(await refused({ cert: key, key })).toContain("is not the key of the certificate");
  expect(await refused({ cert: key, key })).not.toContain(pem.split("\n")[1]);
});
