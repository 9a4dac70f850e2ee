import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, connect, type ConnectionOptions } from "node:tls";
import type { Logger } from "#platform/log";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { fakeServer, portOf } from "./api/testing/fake-server.ts";
import { testCertificate, type TestCertificate } from "./testing/certificate.ts";
import { openTls } from "./tls.ts";

const clock = { now: () => new Date() };
const log = { warn: vi.fn(), info: vi.fn(), error: vi.fn() } as unknown as Logger;
afterEach(() => void vi.clearAllMocks());

type Parts = Partial<TestCertificate> & { mode?: number };

function filed({ cert, key, mode = 0o600 }: Parts = testCertificate()) {
  const dir = mkdtempSync(join(tmpdir(), "tyr-tls-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const files = { certPath: join(dir, "cert.pem"), keyPath: join(dir, "key.pem") };
  const write = (pair: Parts): void => {
    if (pair.cert !== undefined) writeFileSync(files.certPath, pair.cert);
    if (pair.key !== undefined) writeFileSync(files.keyPath, pair.key, { mode: 0o600 });
  };
  write({ ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) });
  if (key !== undefined) chmodSync(files.keyPath, mode);
  return { files, write };
}

const open = (files: { certPath: string; keyPath: string }) => openTls({ files, clock, log });

async function serving(pair: TestCertificate = testCertificate()) {
  const place = filed(pair);
  const tls = open(place.files);
  const { app } = await fakeServer({ tls: tls.options, publicUrl: "https://localhost" });
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => await app.close());
  return { ...place, tls, app, port: portOf(app) };
}

async function greeted(port: number, options: ConnectionOptions) {
  const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ...options });
  try {
    await once(socket, "secureConnect");
    return { protocol: socket.getProtocol(), cipher: socket.getCipher().name, peer: socket.getPeerX509Certificate() };
  } finally {
    socket.destroy();
  }
}

describe("a server with a certificate", () => {
  test("answers over TLS 1.3, to a client that checks the certificate, and tells browsers to stay there", async () => {
    const pair = testCertificate();
    const { port } = await serving(pair);
    const asked = request({
      port,
      host: "localhost",
      path: "/health/live",
      ca: pair.cert,
      headers: { host: `127.0.0.1:${port}` },
    });
    asked.end();
    const [response] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(404);
    expect(response.headers["strict-transport-security"]).toMatch(/^max-age=\d{8,}/);
    expect(await greeted(port, { ca: pair.cert })).toMatchObject({ protocol: "TLSv1.3" });
    await expect(greeted(port, {})).rejects.toThrow("self-signed");
  });

  test.each(["TLSv1", "TLSv1.1"] as const)("does not speak %s", async (version) => {
    const pair = testCertificate();
    const { port } = await serving(pair);
    const old = { ca: pair.cert, minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" };
    await expect(greeted(port, old)).rejects.toThrow(/protocol version|unsupported protocol|ECONNRESET/i);
  });

  test("speaks TLS 1.2 with forward secrecy and authenticated encryption only, and its own order counts", async () => {
    const pair = testCertificate();
    const { port } = await serving(pair);
    const twelve = { ca: pair.cert, maxVersion: "TLSv1.2" } as const;
    for (const ciphers of ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES256-SHA"])
      await expect(greeted(port, { ...twelve, ciphers })).rejects.toThrow(
        /handshake failure|no shared cipher|ECONNRESET/i,
      );
    const weakFirst = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384";
    expect(await greeted(port, { ...twelve, ciphers: weakFirst })).toMatchObject({
      cipher: "ECDHE-ECDSA-AES256-GCM-SHA384",
    });
  });

  test("does not fall back: who speaks HTTP to it learns nothing", async () => {
    const { port } = await serving();
    const socket = connectPlain(port, "127.0.0.1");
    socket.write("GET /health/live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    const heard: Buffer[] = [];
    socket.on("data", (part: Buffer) => heard.push(part)).on("error", () => undefined);
    await once(socket, "close");
    expect(Buffer.concat(heard).toString("latin1")).not.toContain("200");
    expect(Buffer.concat(heard).toString("latin1")).not.toContain("x-request-id");
  });

  test("takes a renewed certificate into use, and keeps the one it has where the new one is no good", async () => {
    const { tls, app, port, write } = await serving();
    const { server } = app;
    if (!(server instanceof Server)) throw new Error("this server speaks no TLS");
    const before = (await greeted(port, { rejectUnauthorized: false })).peer?.serialNumber;
    const end = tls.follow(server, 5);
    onTestFinished(end);
    write({ cert: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" });
    await vi.waitFor(() => expect(log.error).toHaveBeenCalled());
    expect((await greeted(port, { rejectUnauthorized: false })).peer?.serialNumber).toBe(before);
    const renewed = testCertificate();
    write(renewed);
    await vi.waitFor(async () => await greeted(port, { ca: renewed.cert }));
  });
});

describe("a certificate that cannot be used is refused before anything starts, and the key is not repeated", () => {
  const other = testCertificate();
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const weak = rsa.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const day = 86_400_000;
  test.each<[string, Parts, ["TYR_TLS_CERT" | "TYR_TLS_KEY", string]]>([
    ["that is not there", { key: other.key }, ["TYR_TLS_CERT", "cannot be read"]],
    ["without a key", { cert: other.cert }, ["TYR_TLS_KEY", "cannot be read"]],
    ["that is no PEM", { cert: "hello", key: other.key }, ["TYR_TLS_CERT", "not in PEM"]],
    ["with a key that is none", { cert: other.cert, key: "hello" }, ["TYR_TLS_KEY", "not in PEM"]],
    ["with another's key", { cert: testCertificate().cert, key: other.key }, ["TYR_TLS_KEY", "is not the key"]],
    ["with a key everybody can read", { ...other, mode: 0o604 }, ["TYR_TLS_KEY", "chmod o="]],
    ["with an RSA key of 2,048 bits", { cert: other.cert, key: weak }, ["TYR_TLS_KEY", "2048 bits"]],
    ["that is over", testCertificate({ until: new Date(Date.now() - day) }), ["TYR_TLS_CERT", "ended on"]],
  ])("%s", (_what, parts, [setting, why]) => {
    const { files } = filed(parts);
    expect(() => open(files)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", setting }));
    expect(() => open(files)).toThrow(why);
    expect(() => open(files)).not.toThrow("PRIVATE");
  });

  test("one that ends soon, and one nobody else vouches for, is said in the log", () => {
    open(filed(testCertificate({ until: new Date(Date.now() + 3 * day) })).files);
    expect(vi.mocked(log.warn).mock.calls.map(([, message]) => message)).toEqual([
      "the certificate ends soon",
      expect.stringContaining("its own issuer"),
    ]);
  });
});
