import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { AuditSearchEntry } from "@tyr/contract";
import {
  append,
  emptyFrontier,
  formatTlogProof,
  generateSigningKey,
  leafHash,
  makeCheckpoint,
  openSigningKey,
} from "@tyr/ledger";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Refuses, startFakeServer, type Handlers } from "./fake-server.ts";
import { tyrHere } from "./tyr-here.ts";
import { tyr, type Ended } from "./tyr.ts";

let home: string;
beforeEach(async () => (home = await mkdtemp(path.join(tmpdir(), "tyr-search-"))));
afterEach(async () => await rm(home, { recursive: true, force: true }));

function entry(index: number): AuditSearchEntry {
  return {
    index,
    id: `aud_${String(index).padStart(8, "0")}-0000-7000-8000-000000000000` as AuditSearchEntry["id"],
    at: "2026-02-01T12:00:00.000Z",
    type: "session.refused",
    class: "authentication",
    actor: { kind: "anonymous", id: "anonymous", name: '=cmd|"\u001b[31m' },
    object: { kind: "account", id: "root" },
    outcome: "refused",
    before: null,
    after: null,
    requestId: "req-1",
    origin: { client: "browser", address: "192.0.2.7" },
    details: { address: "192.0.2.7" },
    leafHash: null,
    anomalies: index === 7 ? ["failure_burst"] : [],
  };
}

async function ask(handlers: Handlers, ...argv: string[]): Promise<Ended & { queries: Record<string, string>[] }> {
  await using server = await startFakeServer(handlers);
  const end = await tyrHere(["audit", ...argv], { home, env: { TYR_URL: server.url, TYR_TOKEN: server.token } });
  return { ...end, queries: server.seen.map(({ query }) => query) };
}

describe("tyr audit search", () => {
  /** Twenty entries, three to a page at most; the page behind entry 14 is empty and still names the next. */
  const pages: Handlers = {
    "audit.events": ({ query }) => {
      const before = Number(query["after"] ?? 20);
      if (before === 14) return { items: [], next: "9" };
      const items = Array.from({ length: Math.min(3, before, Number(query["limit"])) }, (_, at) =>
        entry(before - 1 - at),
      );
      const last = items.at(-1)?.index ?? 0;
      return { items, next: last === 0 ? null : String(last) };
    },
  };

  test("says which entries were not searched because they are pruned", async () => {
    const last: Handlers = { "audit.events": () => ({ items: [entry(600)], next: null, pruned: 512 }) };
    const { code, stderr } = await ask(last, "search");
    expect([code, stderr]).toEqual([0, expect.stringContaining("Entries 0..511 are pruned and were not searched")]);
  });

  test("asks with every filter as the server names it", async () => {
    const { code, queries } = await ask(
      { "audit.events": () => ({ items: [], next: null }) },
      "search",
      "--since",
      "2026-02-01",
      "--until",
      "2026-02-02T01:00:00+01:00",
      "--actor",
      "usr_1",
      "--type",
      "mode.changed",
      "--class",
      "authorization",
      "--object",
      "inc_1",
      "--outcome",
      "failure",
      "--request",
      "r 1",
      "--text",
      "a&b",
      "--anomalies",
    );
    expect([code, queries]).toEqual([
      0,
      [
        {
          since: "2026-02-01T00:00:00.000Z",
          until: "2026-02-02T00:00:00.000Z",
          userId: "usr_1",
          type: "mode.changed",
          eventType: "authorization",
          objectId: "inc_1",
          outcome: "failure",
          correlationId: "r 1",
          text: "a&b",
          anomaliesOnly: "true",
          limit: "50",
        },
      ],
    ]);
  });

  test("goes on through pages that are short or empty until it has what was asked for", async () => {
    const { code, stdout, stderr, queries } = await ask(pages, "search", "--limit", "12", "-o", "jsonl");
    const indexes = stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as AuditSearchEntry).index);
    expect([code, indexes]).toEqual([0, [19, 18, 17, 16, 15, 14, 8, 7, 6, 5, 4, 3]]);
    expect([queries.length > 4, stderr]).toEqual([true, expect.stringMatching(/--after 3/)]);
  });

  test("shows what stands out, and hostile names harmless in every format", async () => {
    const table = await ask(pages, "search", "--limit", "20");
    expect(table.stdout).toMatch(/7 .*session\.refused .*failure_burst/);
    for (const format of ["table", "jsonl", "csv"]) {
      const { stdout } = await ask(pages, "search", "--limit", "3", "-o", format);
      expect([format, stdout.includes("\u001b[31m"), stdout.includes("req-1")]).toEqual([
        format,
        false,
        format !== "table",
      ]);
    }
    // A spreadsheet must not take it for a formula.
    expect((await ask(pages, "search", "--limit", "1", "-o", "csv")).stdout).not.toMatch(/[,\n"]=cmd/);
  });

  test("refuses times, outcomes and limits that are none, before it asks", async () => {
    for (const wrong of [
      ["--since", "yesterday"],
      ["--since", "2026-13-01"],
      ["--since", "1h", "--until", "2h"],
      ["--outcome", "maybe"],
      ["--limit", "0"],
      ["--limit", "10001"],
    ]) {
      const { code, queries } = await ask(pages, "search", ...wrong);
      expect([wrong, code, queries]).toEqual([wrong, 2, []]);
    }
  });

  test("ends with 4 for somebody who may not read the log", async () => {
    expect((await ask({ "audit.events": () => new Refuses("NOT_PERMITTED") }, "search")).code).toBe(4);
  });
});

describe("tyr audit prove", () => {
  const id = "aud_00000000-0000-7000-8000-000000000000";
  const bytes = new TextEncoder().encode('{"type":"mode.changed"}');

  async function logOfOne(extra?: Uint8Array): Promise<{ handlers: Handlers; vkey: string }> {
    const { skey, vkey } = await generateSigningKey("log.example/one");
    const signer = await openSigningKey(skey);
    if (!signer.ok) throw new Error(signer.refusal.message);
    const { size, root } = append(emptyFrontier, [bytes, bytes]);
    const checkpoint = await makeCheckpoint({ origin: "log.example/one", size, root }, signer.value);
    const proof = formatTlogProof({ index: 0, hashes: [leafHash(bytes)], checkpoint, extra: extra ?? bytes });
    const head = { vkey, size, origin: "log.example/one", root: "", checkpoint, checkpointAt: "", waiting: 0 };
    return {
      vkey,
      handlers: {
        "audit.proof": () => new TextEncoder().encode(proof) as never,
        "audit.head": () => head,
      },
    };
  }

  test("writes a file that verifies alone, with no server, against the key of its owner only", async () => {
    const { handlers, vkey } = await logOfOne();
    const file = path.join(home, "one.tlog-proof");
    const end = await ask(handlers, "prove", id, file);
    expect([end.code, end.stdout]).toEqual([0, expect.stringContaining("entry 0 of the 2 in log.example/one")]);
    const verified = await tyr(["audit", "verify", file, "--vkey", vkey, "--json"], { home });
    expect([verified.code, JSON.parse(verified.stdout)]).toMatchObject([
      0,
      { ok: true, index: 0, entry: '{"type":"mode.changed"}' },
    ]);
    const stranger = (await generateSigningKey("log.example/one")).vkey;
    expect((await tyr(["audit", "verify", file, "--vkey", stranger], { home })).code).toBe(6);
    expect((await tyr(["audit", "verify", file], { home })).code).toBe(2);
    expect((await tyr(["audit", "verify", file, "--vkey", vkey, "--checkpoint", file], { home })).code).toBe(2);
    await writeFile(file, (await readFile(file, "utf8")).replace("index 0", "index 1"));
    // Both entries of this log are the same bytes: the proof of one is the proof of the other.
    expect((await tyr(["audit", "verify", file, "--vkey", vkey], { home })).code).toBe(0);
    await writeFile(file, (await readFile(file, "utf8")).replace("index 1", "index 2"));
    expect((await tyr(["audit", "verify", file, "--vkey", vkey], { home })).code).toBe(6);
  });

  test("keeps a proof that does not verify as evidence and ends with 6", async () => {
    const { handlers } = await logOfOne(new TextEncoder().encode("another entry"));
    const file = path.join(home, "bad.tlog-proof");
    expect((await ask(handlers, "prove", id, file)).code).toBe(6);
    expect(await readFile(file, "utf8")).toContain("c2sp.org/tlog-proof@v1");
  });

  test("waits for an entry that has no checkpoint yet", async () => {
    const { handlers } = await logOfOne();
    let asked = 0;
    const slow: Handlers = {
      ...handlers,
      "audit.proof": (seen) =>
        (asked += 1) < 3 ? new Refuses("NOT_READY", {}, 0) : (handlers["audit.proof"]?.(seen) as never),
    };
    const end = await ask(slow, "prove", id, "-");
    expect([end.code, asked, end.stdout.startsWith("c2sp.org/tlog-proof@v1\n")]).toEqual([0, 3, true]);
  });

  test("never overwrites a file, and refuses what is no entry", async () => {
    const { handlers } = await logOfOne();
    const file = path.join(home, "mine");
    await writeFile(file, "mine");
    expect([(await ask(handlers, "prove", id, file)).code, await readFile(file, "utf8")]).toEqual([2, "mine"]);
    expect((await ask(handlers, "prove", "../../etc/passwd")).code).toBe(2);
    expect((await ask({ "audit.proof": () => new Refuses("NOT_FOUND") }, "prove", id)).code).toBe(1);
  });
});
