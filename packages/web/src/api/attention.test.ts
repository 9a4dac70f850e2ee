import { expect, test } from "vitest";
import { attentionHeaders, watchAttention } from "./attention.ts";

test("a page that nobody touches says so with every request after a minute, and stops saying so at the first key", () => {
  const page = new EventTarget();
  let nowMs = 1_000;
  watchAttention(page, () => nowMs);
  expect(attentionHeaders(nowMs + 59_000)).toEqual({});
  expect(attentionHeaders(nowMs + 60_000)).toEqual({ "x-tyr-unattended": "1" });
  nowMs += 3_600_000;
  page.dispatchEvent(new Event("keydown"));
  expect(attentionHeaders(nowMs)).toEqual({});
});
