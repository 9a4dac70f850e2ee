import { readFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { expect, test } from "vitest";
import { encodeEntry } from "#audit";

const migration = (name: string): string =>
  readFileSync(new URL(`../platform/database/migrations/${name}`, import.meta.url), "utf8");

const entry = (id: string, more: Readonly<Record<string, unknown>>): Uint8Array =>
  encodeEntry({
    v: 1,
    id,
    at: "2026-02-01T12:00:00.000Z",
    type: "mode.changed",
    actor: { kind: "system", id: "system", name: "system" },
    object: { kind: "mode", id: "mode" },
    outcome: "success",
    before: null,
    after: null,
    requestId: null,
    origin: { client: "system", address: null },
    details: {},
    ...more,
  });

test("a log from before the search columns gets them from its bytes, whatever somebody wrote into it", async () => {
  await using db = new PGlite();
  await db.exec(migration("0010-audit.sql"));
  const forged = {
    outcome: "failure",
    requestId: "stolen",
    text: '","outcome":"failure","requestId":"x","type":"y","v":1}',
  };
  const rows: readonly (readonly [Uint8Array, string, string | null])[] = [
    [entry("aud_0", { outcome: "refused", requestId: "r-1" }), "refused", "r-1"],
    [entry("aud_1", {}), "success", null],
    [
      entry("aud_2", { details: { nul: "a\u0000b", emoji: "😀", ...forged }, requestId: "0198-a" }),
      "success",
      "0198-a",
    ],
    [Buffer.from([0xff, 0x00, 0x7b]), "failure", null],
  ];
  for (const [index, [bytes]] of rows.entries())
    await db.query(
      "insert into audit_leaf (index, id, at, type, actor_id, object_id, bytes, leaf_hash) values ($1, $2, now(), 't', 'a', 'o', $3, $4)",
      [index, `aud_${index}`, bytes, Buffer.alloc(32)],
    );
  await db.exec(migration("0013-audit-search.sql"));
  const found = await db.query("select outcome, request_id from audit_leaf order by index");
  expect(found.rows).toEqual(rows.map(([, outcome, request_id]) => ({ outcome, request_id })));
  await expect(db.query("update audit_leaf set outcome = 'x'")).rejects.toThrow("the audit log only grows");
});
