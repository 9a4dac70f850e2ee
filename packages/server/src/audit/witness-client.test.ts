import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { generateSigningKey, parseVerifierKey } from "@tyr/ledger";
import { describe, expect, onTestFinished, test } from "vitest";
import { httpWitnessClient } from "./witness-client.ts";
import type { ConfiguredWitness } from "./witness-policy.ts";

async function aWitness(listener: RequestListener): Promise<ConfiguredWitness> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const key = parseVerifierKey((await generateSigningKey("w.example", "cosignature")).vkey);
  if (!key.ok) throw new Error(key.refusal.message);
  const { port } = server.address() as AddressInfo;
  return { name: "w", verifier: key.value, url: `http://127.0.0.1:${port}/prefix` };
}

const client = httpWitnessClient();
const options = { timeoutMs: 5_000 };

describe("talking to a witness", () => {
  test("uses the addresses of C2SP tlog-witness", async () => {
    const asked: string[] = [];
    const witness = await aWitness((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(409).end("7\n");
    });
    expect(await client.add(witness, "old 0\n", options)).toEqual({ status: 409, body: "7\n" });
    expect((await client.latest(witness, "log.example", options)).status).toBe(409);
    expect(asked).toEqual([
      "POST /prefix/add-checkpoint",
      "GET /prefix/d7612c54297eaa3e5a7756b17ce3adc5bed251af8059d72bbb8b0075c67b85e9/checkpoint",
    ]);
  });

  test("does not follow it elsewhere", async () => {
    const witness = await aWitness((_, response) => {
      response.writeHead(302, { location: "http://127.0.0.1:9/" }).end();
    });
    await expect(client.add(witness, "", options)).rejects.toThrow("fetch failed");
  });

  test("stops reading what is too large for an answer, however it comes", async () => {
    const witness = await aWitness((_, response) => {
      const pour = (): void => {
        while (response.writable && response.write("x".repeat(16_384)));
      };
      response.on("drain", pour);
      pour();
    });
    await expect(client.latest(witness, "log.example", options)).rejects.toThrow("larger than 65536 bytes");
  });

  test("gives up on one that sends a byte now and then", async () => {
    const witness = await aWitness((_, response) => {
      const drip = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(drip));
    });
    await expect(client.add(witness, "", { timeoutMs: 200 })).rejects.toThrow("timeout");
  });
});
