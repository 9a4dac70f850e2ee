import { ok, type Result } from "@tyr/contract";
import { expect, test } from "vitest";
import type { Audit } from "#audit";
import { serviceCaller } from "#identity";
import { auditHandlers } from "./audit.ts";
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
