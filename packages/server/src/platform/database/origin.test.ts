import { describe, expect, test } from "vitest";
import { originInHand, originOfRequest, OWN_ORIGIN, withinRequest } from "./origin.ts";

const origin = { client: "browser", address: "192.0.2.7" } as const;
const request = { requestId: "r1", origin };
const pause = async (): Promise<void> => await new Promise((resolve) => void setTimeout(resolve, 1));

describe("where a fact comes from", () => {
  test("is the request that it names, however deep and late it is written", async () => {
    const told = withinRequest(request, async () => {
      await pause();
      return await Promise.all([1, 2].map(async () => await pause().then(() => originOfRequest("r1"))));
    });
    expect(await told).toEqual([origin, origin]);
  });

  test("is the server itself for what a request only set off", async () => {
    const loop = withinRequest(request, async () => {
      await pause();
      return originOfRequest(null);
    });
    expect(await loop).toEqual(OWN_ORIGIN);
  });

  test("is never another request's, though both chose the same id or run at once", async () => {
    const other = { requestId: "r1", origin: { client: "api_key", address: "198.51.100.9" } } as const;
    const both = await Promise.all([
      withinRequest(request, async () => await pause().then(() => originOfRequest("r1"))),
      withinRequest(other, async () => await pause().then(() => originOfRequest("r1"))),
    ]);
    expect(both).toEqual([origin, other.origin]);
    expect(withinRequest({ ...other, requestId: "r2" }, () => originOfRequest("r1"))).toEqual(OWN_ORIGIN);
    expect(originInHand()).toEqual(OWN_ORIGIN);
  });
});
