import { once } from "node:events";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client, OutputOf } from "@tyr/contract";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { ended, startTyr, tyr } from "../../packages/cli/test/tyr.ts";
import { testCertificate } from "../../packages/server/src/testing/certificate.ts";
import { placeBuiltCluster } from "../../packages/server/src/platform/database/testing/built-cluster.ts";
import { clientOf, PASSWORD, startServer, temporaryDirectory } from "../../packages/server/test/server-process.ts";
import { axe, hasChromium, launch, open, screenshot } from "../../packages/web/test/chromium.ts";

if (!hasChromium) console.warn("SKIPPED: 1 journey with a witness, because there is no Chromium (set TYR_CHROMIUM)");

/** As the policy calls it. */
const NAME = "notary";
const MINUTE_MS = 60_000;

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

type Witnessing = Readonly<{ home: string; dir: string; log: string; port: number; cert: string; key: string }>;

/** `tyr witness serve` in a process of its own. */
async function serveWitness({ home, dir, log, port, cert, key }: Witnessing): Promise<() => Promise<void>> {
  const args = ["--dir", dir, "--log", log, "--port", String(port), "--tls-cert", cert, "--tls-key", key];
  const child = startTyr(["witness", "serve", ...args], { home });
  const end = ended(child);
  await once(child.stderr, "data");
  return async () => {
    child.kill("SIGTERM");
    await end;
  };
}

async function signedIn(url: string): Promise<Client> {
  const body = { name: "alice", password: PASSWORD, token: true };
  const { token } = await clientOf(url).call("session.login", { body });
  return clientOf(url, token);
}

type Cosigning = NonNullable<OutputOf<"status.get">["cosigning"]>;

/** Waits for the status to say it; the witness is asked at once after a start, and then every minute. */
async function cosigning(client: Client, is: (it: Cosigning) => boolean): Promise<Cosigning> {
  for (let tries = 0; tries < 300; tries += 1) {
    const { cosigning: now } = await client.call("status.get", {});
    if (now !== undefined && is(now)) return now;
    await sleep(100);
  }
  throw new Error(`the status never said so: ${JSON.stringify(await client.call("status.get", {}))}`);
}

async function enter(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.getByLabel("Name").fill("alice");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

const tile = (page: Page) => page.getByRole("region", { name: "Audit log" });

/** What the server says, as if its witness had been silent for so long: nobody waits a quarter of an hour here. */
async function ageCosignature(page: Page, byMs: number): Promise<void> {
  await page.route("**/api/v1/overview", async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as OutputOf<"overview.get">;
    const at = body.audit.cosigning?.at;
    if (at) Object.assign(body.audit.cosigning ?? {}, { at: new Date(Date.parse(at) - byMs).toISOString() });
    await route.fulfill({ response, json: body });
  });
}

test.skipIf(!hasChromium)(
  "a log is cosigned by a witness in another process; without it the screens warn, and an older copy is not served",
  async () => {
    using dir = temporaryDirectory();
    const dataDir = join(dir.path, "data");
    mkdirSync(dataDir, { mode: 0o700 });
    await placeBuiltCluster(dataDir);
    const at = (name: string): string => join(dir.path, name);
    const places = {
      home: dir.path,
      dir: at("witness"),
      log: at("tyr.vkey"),
      cert: at("witness.pem"),
      key: at("witness.key"),
    };
    const { cert, key } = testCertificate();
    writeFileSync(places.cert, cert);
    writeFileSync(places.key, key, { mode: 0o600 });
    const env = { NODE_EXTRA_CA_CERTS: places.cert };
    const policy = join(dir.path, "policy");
    const witness = { ...places, port: await freePort() };
    await using stack = new AsyncDisposableStack();

    // The witness has to know whose log it is to remember.
    {
      await using server = await startServer({ dataDir, args: ["--no-sample"] });
      const body = { token: server.setupToken ?? "", name: "alice", password: PASSWORD };
      await clientOf(server.url).call("setup.complete", { body });
      const admin = await signedIn(server.url);
      // Overview shows its figures once something came in.
      const { sensor } = await admin.call("sensor.create", { body: { name: "web", kind: "ssh" } });
      const line = "Dec 10 06:55:46 host sshd[24200]: Failed password for root from 203.0.113.9 port 38926 ssh2\n";
      const query = { sensor: sensor.id, format: "sshd" } as const;
      await admin.call("event.import", { query, body: Buffer.from(line) });
      const { vkey } = await admin.call("audit.head", {});
      writeFileSync(witness.log, `${vkey}\n`);
      await server.stop();
    }
    mkdirSync(witness.dir, { mode: 0o700 });
    const made = await tyr(["witness", "key", "--dir", witness.dir, "--name", "notary.example/tyr"], {
      home: dir.path,
    });
    writeFileSync(policy, `witness ${NAME} ${made.stdout.trim()} https://127.0.0.1:${witness.port}\nquorum ${NAME}\n`);
    const args = ["--no-sample", "--witness-policy", policy];
    let stopWitness = await serveWitness(witness);
    stack.defer(async () => await stopWitness());

    let first: Cosigning;
    let atCopy = 0;
    {
      await using server = await startServer({ dataDir, args, env });
      const client = await signedIn(server.url);
      first = await cosigning(client, ({ size }) => size !== null && size > 0);
      expect(first).toMatchObject({ alarm: null, witnesses: [{ name: NAME, size: first.size, problem: null }] });
      expect((await client.call("overview.get", {})).audit.cosigning).toMatchObject({ size: first.size });
      expect((await client.call("audit.head", {})).cosigning).toMatchObject({ size: first.size, at: first.at });
      const browser = await launch();
      stack.defer(async () => await browser.close());
      const { page } = await open(browser, "light");
      await enter(page, server.url);
      await tile(page)
        .getByText(/cosigned up to \d+/)
        .waitFor();
      expect(await tile(page).locator(".attention").count()).toBe(0);
      await page.goto(`${server.url}/audit`);
      const card = page.getByRole("region", { name: "Cosigned" });
      await card.getByText(/Up to entry \d+ of \d+/).waitFor();
      await card.getByRole("listitem").getByText(NAME).waitFor();
      expect(await axe(page)).toEqual([]);
      await screenshot(page, "real-audit-cosigned");
      const head = await client.call("audit.head", {});
      atCopy = head.size + head.waiting;
      await server.stop();
    }
    cpSync(dataDir, join(dir.path, "older"), { recursive: true });

    // Of what a start adds, the witness hears at the next one: it is asked at once then.
    for (const least of [first.size ?? 0, atCopy]) {
      await using server = await startServer({ dataDir, args, env });
      await cosigning(await signedIn(server.url), ({ size }) => (size ?? 0) > least);
      await server.stop();
    }
    await stopWitness();

    {
      await using server = await startServer({ dataDir, args, env });
      const client = await signedIn(server.url);
      const silent = await cosigning(client, ({ witnesses: [one] }) => one !== undefined && one.problem !== null);
      expect(silent.size).toBeLessThan((await client.call("audit.head", {})).size);
      const browser = await launch();
      stack.defer(async () => await browser.close());
      const { page } = await open(browser, "dark");
      await enter(page, server.url);
      await tile(page)
        .getByText(/cosigned up to \d+/)
        .waitFor();
      expect(await tile(page).locator(".attention").count()).toBe(0);
      await ageCosignature(page, 20 * MINUTE_MS);
      await page.reload();
      await tile(page).locator(".attention", { hasText: "cosigned up to" }).waitFor();
      await tile(page).getByText("20 min").waitFor();
      expect(await axe(page)).toEqual([]);
      await screenshot(page, "real-overview-witness-silent");
      await page.goto(`${server.url}/audit`);
      await page.getByRole("region", { name: "Cosigned" }).locator(".attention").waitFor();
      await server.stop();
    }

    // Somebody puts yesterday's copy back, all of it: nothing here knows better, but the witness remembers.
    stopWitness = await serveWitness(witness);
    rmSync(dataDir, { recursive: true });
    cpSync(join(dir.path, "older"), dataDir, { recursive: true });
    const refused = startServer({ dataDir, args, env });
    await expect(refused).rejects.toThrow(/AUDIT_DIVERGED|audit_diverged/);
    await expect(refused).rejects.toThrow(NAME);
  },
  240_000,
);
