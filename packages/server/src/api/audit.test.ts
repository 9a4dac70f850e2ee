import { ok, type Result } from "@tyr/contract";
import { expect, test } from "vitest";
import type { Audit } from "#audit";
import { serviceCaller } from "#identity";
import { auditHandlers, type RevealEntries } from "./audit.ts";
import type { Call } from "./handler.ts";

test("an export is logged when the log is handed over, not when HEAD asks what there would be", async () => {
  let recorded = 0;
  const audit: Partial<Audit> = {
    file: async (): Promise<Result<Uint8Array>> => ok(new Uint8Array([1])),
    recordExport: async () => void (recorded += 1),
  };
  const handlers = auditHandlers({ audit: audit as Audit, reveal: async (entries) => [...entries] });
  const call: Partial<Call> = { caller: serviceCaller("sensor", { id: "snr_1", name: "x" }), requestId: "r" };
  for (const [method, times] of [
    ["HEAD", 0],
    ["GET", 1],
  ] as const) {
    await handlers["audit.log"]({ params: { "*": "tile/entries/000" }, query: undefined, body: undefined }, {
      ...call,
      method,
    } as Call);
    expect([method, recorded]).toEqual([method, times]);
  }
});

test("personal values found by a search are put in their places for those alone who may read them", async () => {
  const audit: Partial<Audit> = { search: async () => ({ items: [], next: null }) };
  let revealed = 0;
  const reveal: RevealEntries = async (entries) => {
    revealed += 1;
    return [...entries];
  };
  const handlers = auditHandlers({ audit: audit as Audit, reveal });
  for (const [permissions, times] of [
    [["audit:read"], 0],
    [["audit:read", "personal:read"], 1],
  ] as const) {
    const caller = { permissions: new Set<string>(permissions) };
    await handlers["audit.events"]({ params: undefined, query: {}, body: undefined }, { caller } as unknown as Call);
    expect([permissions, revealed]).toEqual([permissions, times]);
  }
});
