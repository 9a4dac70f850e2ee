import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, expect, test } from "vitest";
import type { LadderAnchors } from "#actors";
import { observationIdOf } from "#collect";
import { traced, useTracer } from "#platform/trace";
import { anchorsOfIdentity, attackerScope } from "./ttp.ts";

const ADDRESS = "203.0.113.7";
const ATTACKER = observationIdOf(ADDRESS);
const IDENTITY = "idn_4d3b2a10-0000-5000-8000-000000000001";
const ladder: LadderAnchors = {
  addressOf: async (id) => await Promise.resolve(id === ATTACKER ? ADDRESS : undefined),
  anchorsOfIdentity: async (id) => await Promise.resolve([id]),
  anchorsOfCampaign: async () => await Promise.resolve(new Map()),
};

afterEach(() => void useTracer(undefined));

async function saidOf(work: () => Promise<unknown>): Promise<unknown> {
  const exporter = new InMemorySpanExporter();
  useTracer(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer("test"));
  await traced("api.ttp.byAttacker", work);
  return exporter.getFinishedSpans().map(({ attributes }) => attributes);
}

test.each([ADDRESS, `::ffff:${ADDRESS}`, ATTACKER])(
  "a request about the attacker %s names it by its id, never by its address",
  async (id) => {
    expect(await saidOf(async () => await attackerScope(ladder, id))).toEqual([{ observation_id: ATTACKER }]);
  },
);

test("a request about an identity names it", async () => {
  expect(await saidOf(async () => await anchorsOfIdentity(ladder, IDENTITY))).toEqual([{ identity_id: IDENTITY }]);
});

test("a request about what is no attacker and no identity names nobody", async () => {
  expect(await saidOf(async () => await attackerScope(ladder, "c4n4ry"))).toEqual([{}]);
  expect(await saidOf(async () => await anchorsOfIdentity(ladder, "idn_c4n4ry"))).toEqual([{}]);
});
