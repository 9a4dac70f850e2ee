import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { fixedClock } from "#platform/clock";
import { testCertificate, type TestCertificate } from "../../testing/certificate.ts";
import { openDatabase } from "./index.ts";

const clock = fixedClock("2026-11-02T08:00:00.000Z");

/** Answers a request for TLS (PostgreSQL 18 documentation, 54.2.9), and remembers what it is told before and after it. */
async function aDatabase(
  pair?: TestCertificate,
): Promise<{ port: number; heard: { clear: string[]; sealed: string[] } }> {
  const heard = { clear: [] as string[], sealed: [] as string[] };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", (first) => {
      heard.clear.push(first.toString("latin1"));
      if (pair === undefined) return void socket.end("N");
      socket.write("S");
      const sealed = new TLSSocket(socket, { isServer: true, ...pair });
      sealed.on("error", () => undefined);
      sealed.on("data", (bytes: Buffer) => {
        heard.sealed.push(bytes.toString("latin1"));
        sealed.end();
      });
      return undefined;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, heard };
}

async function refusal(url: string): Promise<{ code: unknown; cause: string }> {
  const encode = () => ({ bytes: new Uint8Array(), hash: new Uint8Array() }) as never;
  const error: unknown = await openDatabase({ url, dataDir: "unused", clock, encode }).then(
    () => "opened",
    (cause: unknown) => cause,
  );
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return { code, cause: cause instanceof Error ? cause.message : String(cause) };
}

describe("a database that is asked for TLS", () => {
  const place = (port: number, more = "") => `postgres://tyr:geheim@localhost:${port}/tyr?sslmode=verify-full${more}`;

  test("and has none learns neither the account nor the password", async () => {
    const { port, heard } = await aDatabase();
    expect(await refusal(place(port))).toMatchObject({
      code: "DATABASE_UNAVAILABLE",
      cause: expect.stringContaining("does not support SSL") as string,
    });
    expect(heard.clear.join()).not.toContain("tyr");
  });

  test("and shows a certificate nobody vouches for learns nothing either", async () => {
    const { port, heard } = await aDatabase(testCertificate());
    expect(await refusal(place(port))).toMatchObject({ cause: expect.stringContaining("self-signed") as string });
    expect([...heard.clear, ...heard.sealed].join()).not.toContain("tyr");
  });

  test("and shows another's certificate learns nothing, whoever vouches for it", async () => {
    const pair = testCertificate({ name: "other.example" });
    const { port, heard } = await aDatabase(pair);
    const ca = authority(pair);
    expect(await refusal(place(port, `&sslrootcert=${ca}`))).toMatchObject({
      cause: expect.stringContaining("altnames") as string,
    });
    expect(heard.sealed).toEqual([]);
  });

  test("is told the account only when its certificate is the one it should be", async () => {
    const pair = testCertificate();
    const { port, heard } = await aDatabase(pair);
    await refusal(place(port, `&sslrootcert=${authority(pair)}`));
    expect(heard.clear.join()).not.toContain("tyr");
    expect(heard.sealed.join()).toContain("tyr");
  });
});

function authority({ cert }: TestCertificate): string {
  const dir = mkdtempSync(join(tmpdir(), "tyr-ca-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, "ca.pem"), cert);
  return join(dir, "ca.pem");
}
