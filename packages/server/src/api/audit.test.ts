import { ok, type AuditSearchEntry, type Result } from "@tyr/contract";
import { expect, test } from "vitest";
import type { Audit } from "#audit";
import { fixedClock } from "#platform/clock";
import { auditHandlers } from "./audit.ts";
import type { Call } from "./handler.ts";

const sealed = { personal: [{ field: "actor.name", commitment: "c", state: "sealed" }] } as unknown as AuditSearchEntry;

/** Handlers over a log that only counts what is noted about its readers. */
function world(entries: readonly AuditSearchEntry[] = [sealed]) {
  const clock = fixedClock("2026-02-01T12:00:00Z");
  const noted: string[] = [];
  let revealed = 0;
  let failing = false;
  const audit: Partial<Audit> = {
    file: async (): Promise<Result<Uint8Array>> => ok(new Uint8Array([1])),
    search: async () => ({ items: [...entries], next: null }),
    recordReading: async (type, { actor }) => {
      if (failing) throw new Error("the database is away");
      noted.push(`${type} ${actor.id}`);
    },
  };
  const reveal = async <E>(shown: readonly E[]): Promise<E[]> => {
    revealed += 1;
    return [...shown];
  };
  const handlers = auditHandlers({ audit: audit as Audit, reveal, clock });
  const callOf = (id: string, permissions: readonly string[] = [], method = "GET"): Call =>
    ({
      caller: { actor: { kind: "person", id, name: id }, permissions: new Set(permissions) },
      method,
    }) as unknown as Call;
  const search = async (call: Call) =>
    await handlers["audit.events"]({ params: undefined, query: {}, body: undefined }, call);
  const read = async (path: string, call: Call) =>
    await handlers["audit.log"]({ params: { "*": path }, query: undefined, body: undefined }, call);
  return { clock, noted, search, read, callOf, revealed: () => revealed, fail: (now: boolean) => void (failing = now) };
}

test("a copy of the log is logged when entries are handed over, whichever bundle is the first, not when HEAD asks what there would be", async () => {
  const { noted, read, callOf, clock } = world();
  await read("tile/entries/000", callOf("usr_1", [], "HEAD"));
  await read("tile/0/000", callOf("usr_1"));
  expect(noted).toEqual([]);
  for (const path of ["tile/entries/005", "tile/entries/000", "tile/entries/006.p/7"])
    await read(path, callOf("usr_1"));
  expect(noted).toEqual(["audit.exported usr_1"]);
  await read("tile/entries/005", callOf("usr_2"));
  clock.advance(3_600_000);
  await read("tile/entries/007", callOf("usr_1"));
  expect(noted).toEqual(["audit.exported usr_1", "audit.exported usr_2", "audit.exported usr_1"]);
});

test("personal values are put in their places for those alone who may read them, and that they were shown is logged before", async () => {
  const { noted, search, callOf, revealed, fail } = world();
  await search(callOf("usr_1", ["audit:read"]));
  expect([revealed(), noted]).toEqual([0, []]);
  fail(true);
  await expect(search(callOf("usr_2", ["audit:read", "personal:read"]))).rejects.toThrow("away");
  expect(revealed()).toBe(0);
  fail(false);
  for (let page = 0; page < 3; page += 1) await search(callOf("usr_2", ["audit:read", "personal:read"]));
  expect([revealed(), noted]).toEqual([3, ["audit.revealed usr_2"]]);
});

test("a page without personal values says nothing of whoever read it", async () => {
  const { noted, search, callOf } = world([{} as AuditSearchEntry]);
  await search(callOf("usr_2", ["audit:read", "personal:read"]));
  expect(noted).toEqual([]);
});
