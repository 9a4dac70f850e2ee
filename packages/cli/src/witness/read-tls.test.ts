import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { request } from "node:https";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { formatVerifierKey } from "@tyr/ledger";
import { describe, expect, onTestFinished, test } from "vitest";
import { testCertificate } from "../../../server/src/testing/certificate.ts";
import { CliFailure } from "../failure.ts";
import { temporaryDirectory } from "../testing/fake-world.ts";
import { makeKey, openKey } from "./key-file.ts";
import { readKnownLogs } from "./known-logs.ts";
import { readTls } from "./read-tls.ts";
import { witnessServer } from "./serve-witness.ts";
import { openWitness } from "./witness.ts";

async function filed({ cert, key } = testCertificate()) {
  const folder = await temporaryDirectory();
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  await writeFile(files.cert, cert);
  await writeFile(files.key, key);
  return { files, cert };
}

describe("a witness with a certificate", () => {
  test("answers over TLS to who checks the certificate", async () => {
    const { files, cert } = await filed();
    const directory = await temporaryDirectory();
    await makeKey(directory, "witness.example/audit");
    const cosigner = await openKey({ directory, now: Date.now });
    if (cosigner === undefined) throw new Error("no key");
    const logs = await readKnownLogs([formatVerifierKey("log.example", new Uint8Array(32).fill(7))]);
    const witness = await openWitness({ directory, logs, cosigner });
    const tls = await readTls(files);
    const server = witnessServer({ witness, perMinute: 10, say: () => undefined, now: Date.now, tls });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const ask = async (ca?: string): Promise<string> => {
      const asked = request({
        host: "localhost",
        port,
        path: "/add-checkpoint",
        agent: false,
        ...(ca === undefined ? {} : { ca }),
      });
      asked.end();
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      return await text(response);
    };
    expect(await ask(cert)).toBe("use POST\n");
    await expect(ask()).rejects.toThrow("self-signed");
  });

  test("needs both files, and that they belong together", async () => {
    const { files } = await filed();
    const other = await filed();
    const refused = async (given: { cert: string | undefined; key: string | undefined }) =>
      await readTls(given).then(
        () => "taken",
        (error: unknown) => (error instanceof CliFailure ? error.message : "broke"),
      );
    expect(await readTls({ cert: undefined, key: undefined })).toBeUndefined();
    expect(await refused({ cert: files.cert, key: undefined })).toContain("needs its key");
    expect(await refused({ cert: files.cert, key: other.files.key })).toContain("is not the key");
    expect(await refused({ cert: files.key, key: files.key })).toContain("is not the key");
    expect(await refused({ cert: `${files.cert}.not`, key: files.key })).toContain("cannot be read");
  });
});
