import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  append,
  buildExport,
  emptyFrontier,
  formatTlogProof,
  generateSigningKey,
  leafHash,
  makeCheckpoint,
  makePrunedStatement,
  openSigningKey,
  proveInclusion,
  rootOf,
  type KeySigner,
} from "@tyr/ledger";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { axe, hasChromium, launch, open, screenshot, signIn, type Opened } from "./chromium.ts";
import { startFakeApi, type FakeApi } from "./fake-api.ts";
import { idOf } from "./fake/make.ts";
import { makeWorld } from "./fake/world.ts";

const ORIGIN = "tyr.example/log";
const SIZE = 600;

type Log = Readonly<{ files: Map<string, Uint8Array>; proof: string }>;
const entriesOf = (changed = -1): Uint8Array[] =>
  Array.from({ length: SIZE }, (_, at) => new TextEncoder().encode(`{"entry":${at === changed ? 666 : at}}`));

async function makeLog(signer: KeySigner, entries: readonly Uint8Array[]): Promise<Log> {
  const { size, root } = append(emptyFrontier, entries);
  const checkpoint = await makeCheckpoint({ origin: ORIGIN, size, root }, signer);
  const files = new Map<string, Uint8Array>();
  const request = { origin: ORIGIN, entries, checkpoint, vkeys: [signer.vkey], exportedAt: "2026-02-01T12:00:00Z" };
  for await (const { path, bytes } of buildExport(request)) files.set(path, bytes);
  const hashes = entries.map(leafHash);
  const path = await proveInclusion(300, size, (level, at) =>
    rootOf(hashes.slice(at * 2 ** level, (at + 1) * 2 ** level)),
  );
  return {
    files,
    proof: formatTlogProof({ index: 300, hashes: path, checkpoint, extra: entries[300] ?? new Uint8Array() }),
  };
}

function flipped(bytes: Uint8Array, needle: string): Uint8Array {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(needle) + needle.length - 2;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

const NOT_FOUND = "Failed to load resource: the server responded with a status of 404 (Not Found)";

/** What of the audit card reaches beyond a narrow screen. */
const WIDER = `[...document.querySelectorAll(".head-card *")].filter((one) => one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.tagName + "." + one.className)`;

if (!hasChromium)
  console.warn("SKIPPED: 6 browser tests of the audit screen, because there is no Chromium (set TYR_CHROMIUM)");

describe.skipIf(!hasChromium)("the audit screen", () => {
  let api: FakeApi;
  let browser: Browser;
  let opened: Opened;
  let page: Page;
  let signer: KeySigner;
  let log: Log;
  let folder: string;
  /** What the server hands out as its log; a test may exchange it. */
  let served: ReadonlyMap<string, Uint8Array>;
  /** What was asked of it and is not there. */
  let missed: string[];

  beforeAll(async () => {
    browser = await launch();
    const made = await openSigningKey((await generateSigningKey(ORIGIN)).skey);
    if (!made.ok) throw new Error(made.refusal.message);
    signer = made.value;
    log = await makeLog(signer, entriesOf());
  });
  afterAll(async () => await browser?.close());

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tyr-browser-"));
    served = log.files;
    missed = [];
    api = await startFakeApi(makeWorld(Date.now()));
    opened = await open(browser, "light");
    ({ page } = opened);
    await page.route("**/api/v1/audit/log/**", async (route) => {
      const path = new URL(route.request().url()).pathname.replace("/api/v1/audit/log/", "");
      const body = served.get(path);
      if (body === undefined) missed.push(path);
      const missing = {
        type: "about:blank",
        title: "none",
        status: 404,
        detail: "",
        code: "NOT_FOUND",
        help: "",
        requestId: "r",
        origin: { client: "browser", address: "192.0.2.7" },
      };
      await (body === undefined
        ? route.fulfill({ status: 404, json: missing })
        : route.fulfill({ status: 200, contentType: "application/octet-stream", body: Buffer.from(body) }));
    });
    await signIn(page, api.url, "mara");
    await page.goto(`${api.url}/audit`);
  });
  afterEach(async () => {
    await opened.context.close();
    await api.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const verdict = () => page.locator(".offline .verdict");
  async function openVerify(): Promise<void> {
    await page.getByText("Verify in the browser").click();
    await page.getByLabel("Verifier key").fill(signer.vkey);
  }
  async function verifyServed(): Promise<string> {
    const before = (await verdict().count()) === 0 ? null : await verdict().elementHandle();
    await page.getByRole("button", { name: "Verify this log here" }).click();
    // The verdict before goes when a new one is asked for: not to be taken for it.
    await page.waitForFunction((old) => old === null || !old.isConnected, before);
    await verdict().waitFor();
    return await verdict().innerText();
  }
  function putExport(files: ReadonlyMap<string, Uint8Array>, name: string): string {
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(folder, name, path)), { recursive: true });
      writeFileSync(join(folder, name, path), bytes);
    }
    return join(folder, name);
  }

  test("says which entries are pruned when the log itself declares it, and goes red when a deletion is only called so", async () => {
    const entries = entriesOf();
    const { root } = append(emptyFrontier, entries.slice(0, 512));
    const statement = await makePrunedStatement({ origin: ORIGIN, size: 512, root }, [signer]);
    entries[550] = new TextEncoder().encode(JSON.stringify({ details: { statement } }));
    const { files } = await makeLog(signer, entries);
    const without = (...paths: string[]) => new Map([...files].filter(([path]) => !paths.includes(path)));
    const pruned = without("tile/entries/000", "tile/entries/001");
    served = new Map(pruned).set("pruned", new TextEncoder().encode("550\n"));
    await openVerify();
    expect(await verifyServed()).toMatch(
      /Verified in this browser[^]*88 entries[^]*Entries 0 to 511 are pruned, as entry 550/,
    );
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "light-audit-pruned");
    for (const changed of [pruned, new Map(served).set("pruned", new TextEncoder().encode("551\n"))]) {
      served = changed;
      expect(await verifyServed()).toContain("This is not the log that was signed");
    }
  });

  test("verifies the served log in the page: green, and red with the entry in which one byte was flipped", async () => {
    await openVerify();
    expect(await verifyServed()).toContain("600 entries hashed here have the signed root");
    expect(await verdict().getAttribute("class")).toContain("good");
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "light-audit-browser-good");
    const bundle = "tile/entries/001";
    served = new Map([...log.files, [bundle, flipped(log.files.get(bundle) ?? new Uint8Array(), '{"entry":300}')]]);
    await page.getByRole("button", { name: "Verify this log here" }).click();
    await page.getByText("This is not the log that was signed").waitFor();
    expect(await verdict().innerText()).toContain("Entry 300");
    expect(await verdict().getAttribute("class")).toContain("bad");
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "light-audit-browser-bad");
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "dark-audit-browser-bad");
    await page.setViewportSize({ width: 390, height: 844 });
    await verdict().scrollIntoViewIfNeeded();
    await screenshot(page, "dark-narrow-audit-browser-bad");
    expect(await page.evaluate(WIDER)).toEqual([]);
    // Asked twice whether anything is pruned: nothing is, and the browser notes that answer and nothing else.
    expect(missed).toEqual(["pruned", "pruned"]);
    expect(opened.complaints).toEqual(missed.map(() => NOT_FOUND));
  });

  test("remembers what it verified, and so sees a history that the owner of the key rewrote", async () => {
    await openVerify();
    expect(await verifyServed()).toContain("has verified no earlier checkpoint");
    served = (await makeLog(signer, [...entriesOf(42), new TextEncoder().encode("{}")])).files;
    await page.reload();
    await openVerify();
    expect(await verifyServed()).toContain("was changed and signed again");
    served = (await makeLog(signer, [...entriesOf(), new TextEncoder().encode("{}")])).files;
    await page.reload();
    await openVerify();
    expect(await verifyServed()).toContain("It continues the checkpoint this browser verified before");
  });

  test("verifies an export and a proof from the disk, and names what was changed", async () => {
    await openVerify();
    const directory = page.getByLabel("Directory of an export");
    await directory.setInputFiles(putExport(log.files, "clean"));
    await page.getByText("Verified in this browser").waitFor();
    const tile = "tile/entries/002.p/88";
    const changed = new Map([...log.files, [tile, flipped(log.files.get(tile) ?? new Uint8Array(), '{"entry":555}')]]);
    await directory.setInputFiles(putExport(changed, "changed"));
    await page.getByText("This is not the log that was signed").waitFor();
    expect(await verdict().innerText()).toContain("Entry 555");

    const file = join(folder, "one.tlog-proof");
    writeFileSync(file, log.proof);
    const proof = page.getByLabel("Proof of an entry");
    await proof.setInputFiles(file);
    await page.getByText("Entry 300 is in the log of 600 entries").waitFor();
    expect(await verdict().innerText()).toContain('{"entry":300}');
    writeFileSync(join(folder, "two.tlog-proof"), log.proof.replace("index 300", "index 301"));
    await proof.setInputFiles(join(folder, "two.tlog-proof"));
    await page.getByText("The proof does not hold").waitFor();
    expect(await verdict().innerText()).toContain("Entry 301");
  });

  test("does not believe the log of another key, nor a server that sends something else", async () => {
    await page.getByText("Verify in the browser").click();
    await page.getByLabel("Verifier key").fill((await generateSigningKey(ORIGIN)).vkey);
    expect(await verifyServed()).toContain("no signature comes from a trusted key");
    served = new Map([["checkpoint", Buffer.from("<script>alert(1)</script>")]]);
    await page.getByRole("button", { name: "Verify this log here" }).click();
    await page.getByText("this is not a signed note").waitFor();
    expect(opened.complaints.filter((line) => !line.includes("404"))).toEqual([]);
  });

  test("searches by text and what stands out; an entry leads to its request", async () => {
    const rows = page.locator("table tbody tr");
    await page.getByLabel("Search the log").fill("session.created");
    await page.keyboard.press("Enter");
    await page.getByLabel("Active filters").getByText("session.created").waitFor();
    await expect
      .poll(async () => await rows.allInnerTexts())
      .toEqual(expect.not.arrayContaining([expect.stringContaining("event.stored")]));
    await page.getByLabel("What stands out").selectOption({ label: "Only what stands out" });
    await page.waitForURL(/anomalies=only/);
    await page.goto(`${api.url}/audit?anomalies=only&entry=${idOf("auditEntry", 305)}`);
    await page.getByRole("complementary").getByText("the fifth or a later entry of this actor").waitFor();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "light-audit-anomalies");
    await page.getByRole("link", { name: "all of it" }).click();
    await page.waitForURL(/request=req_/);
    expect(await page.getByLabel("Active filters").innerText()).toContain("request");
    await page.goto(`${api.url}/audit?text=nobody-ever-wrote-this`);
    await page.getByText("No entry matches").waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "light-narrow-audit-none");
  });
});
