import { describe, expect, test } from "vitest";
import { createFeed, durationText, type FeedCall } from "./index.ts";
import type { BlockSource } from "#respond";

const pulls: object[] = [];
const source = (values: readonly string[]): BlockSource => ({
  list: async () => ({ position: 7, values }),
  recordPull: async (pull) => void pulls.push(pull),
  active: async () => [],
  all: async () => ({ position: 7, added: [], removed: [] }),
  changes: async () => ({ position: 7, added: [], removed: [] }),
});

async function get(values: readonly string[], ifNoneMatch?: string) {
  const headers: Record<string, string> = {};
  const work: (() => Promise<void>)[] = [];
  let status = 200;
  const call: FeedCall = {
    caller: { enforcerId: "enf_1" },
    address: "45.1.2.3",
    headers: { "user-agent": "PAN-OS", ...(ifNoneMatch === undefined ? {} : { "if-none-match": ifNoneMatch }) },
    setHeader: (name, value) => void (headers[name] = value),
    setStatus: (given) => void (status = given),
    afterSent: (one) => void work.push(one),
  };
  const answer = await createFeed(source(values))(call);
  return { body: answer.ok ? answer.value : undefined, headers, status, arrive: async () => await work[0]?.() };
}

describe("the plain list", () => {
  test("has one address or prefix a line and says how many", async () => {
    const { body, headers, status } = await get(["8.8.8.8", "9.9.0.0/16"]);
    expect([status, body, headers["x-tyr-count"]]).toEqual([200, "8.8.8.8\n9.9.0.0/16\n", "2"]);
    expect((await get([])).body).toBe("");
  });

  test("is not sent again to whoever has it, and is as soon as it changed", async () => {
    const { headers } = await get(["8.8.8.8"]);
    const etag = headers["etag"] ?? "";
    expect(await get(["8.8.8.8"], etag)).toMatchObject({ status: 304, body: "" });
    expect(await get(["8.8.8.8"], `"other", W/${etag}`)).toMatchObject({ status: 304 });
    expect(await get(["8.8.8.9"], etag)).toMatchObject({ status: 200, body: "8.8.8.9\n" });
  });

  test("counts as received only when it was sent, also when nothing was new", async () => {
    pulls.length = 0;
    const { arrive, headers } = await get(["8.8.8.8"]);
    expect(pulls).toEqual([]);
    await arrive();
    await (await get(["8.8.8.8"], headers["etag"])).arrive();
    const pull = { enforcerId: "enf_1", position: 7, protocol: "feed", userAgent: "PAN-OS", address: "45.1.2.3" };
    expect(pulls).toEqual([pull, pull]);
  });

  test("is not received by who is answered 304 without naming a list", async () => {
    pulls.length = 0;
    const any = await get(["8.8.8.8"], "*");
    expect(any).toMatchObject({ status: 304, body: "" });
    await any.arrive();
    expect(pulls).toEqual([{ enforcerId: "enf_1", protocol: "feed", userAgent: "PAN-OS", address: "45.1.2.3" }]);
  });
});

test.each([
  [60, "1 minute"],
  [86_400, "1 day"],
  [172_800, "2 days"],
  [5400, "90 minutes"],
  [61, "61 seconds"],
])("%d seconds are %s", (seconds, text) => expect(durationText(seconds)).toBe(text));
