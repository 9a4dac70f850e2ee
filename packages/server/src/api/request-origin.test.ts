import { describe, expect, test } from "vitest";
import { requestOrigin } from "./request-origin.ts";

const client = (
  headers: Record<string, string>,
  needs: "event:write" | "block:enforce" | "user:write" = "user:write",
) => requestOrigin(headers, { needs }, "192.0.2.7").client;
const KEY = `Bearer tyr_key_${"0".repeat(16)}_x`;

describe("by what a change was asked for", () => {
  test.each([
    ["browser", client({ cookie: "tyr=abc", "user-agent": "Mozilla/5.0" })],
    ["browser", client({ "sec-fetch-site": "same-origin" })],
    ["cli", client({ authorization: "Bearer abc", "user-agent": "tyr-cli" })],
    ["api_key", client({ authorization: KEY, "user-agent": "tyr-cli" })],
    ["program", client({ authorization: "Bearer abc", "user-agent": "curl/8" })],
    ["program", client({})],
    ["sensor", client({ "x-tyr-key": "k" }, "event:write")],
    ["enforcer", client({ "x-api-key": "k" }, "block:enforce")],
    ["program", client({ "x-tyr-key": "k" })],
  ])("%s", (wanted, found) => {
    expect(found).toBe(wanted);
  });
});
