import { describe, expect, test } from "vitest";
import {
  JWKS_KEPT_SECONDS,
  PUBLISHED_AFTER_MS,
  PUBLISHED_AHEAD_MS,
  publishedKeys,
  signingKey,
  spentKeys,
  TOKEN_LIFE_MINUTES,
  tokenKeyView,
  type KeyTimes,
} from "./token-rules.ts";

const at = (ms: number): Date => new Date(Date.UTC(2026, 10, 2) + ms);
const key = (kid: string, signsFromMs: number): KeyTimes => ({
  kid,
  algorithm: "ES256",
  created_at: at(signsFromMs),
  signs_from: at(signsFromMs),
});
const ids = (keys: readonly KeyTimes[]): readonly string[] => keys.map((one) => one.kid);

describe("keys of access tokens", () => {
  const keys = [key("new", PUBLISHED_AHEAD_MS), key("old", 0)];

  test("are published before they sign for longer than verifiers keep what they read, and after for longer than a token lives", () => {
    expect(PUBLISHED_AHEAD_MS).toBeGreaterThan(JWKS_KEPT_SECONDS * 1_000);
    expect(PUBLISHED_AFTER_MS).toBeGreaterThan(TOKEN_LIFE_MINUTES.most * 60_000);
    expect(ids(publishedKeys(keys, at(0)))).toEqual(["old", "new"]);
    expect(signingKey(keys, at(PUBLISHED_AHEAD_MS - 1))?.kid).toBe("old");
    expect(signingKey(keys, at(PUBLISHED_AHEAD_MS))?.kid).toBe("new");
    const lastOfOld = PUBLISHED_AHEAD_MS + PUBLISHED_AFTER_MS;
    expect(ids(publishedKeys(keys, at(lastOfOld - 1)))).toEqual(["old", "new"]);
    expect(ids(publishedKeys(keys, at(lastOfOld)))).toEqual(["new"]);
    expect(ids(spentKeys(keys, at(lastOfOld)))).toEqual(["old"]);
  });

  test("there is one that signs at every moment, whatever order they come in and however their times coincide", () => {
    const same = [key("b", 0), key("a", 0), key("c", 5)];
    for (const order of [same, same.toReversed()]) {
      expect(signingKey(order, at(0))?.kid).toBe("b");
      expect(signingKey(order, at(5))?.kid).toBe("c");
    }
    expect(signingKey([], at(0))).toBeUndefined();
    expect(signingKey([key("later", 1)], at(0))).toBeUndefined();
  });

  test("say what they are for: next, signing or leaving, and until when they are published", () => {
    const states = (ms: number) => keys.map((one) => tokenKeyView(one, keys, at(ms)).state);
    expect(states(0)).toEqual(["next", "signing"]);
    expect(states(PUBLISHED_AHEAD_MS)).toEqual(["signing", "leaving"]);
    expect(keys.map((one) => tokenKeyView(one, keys, at(0)).publishedUntil)).toEqual([
      null,
      at(PUBLISHED_AHEAD_MS + PUBLISHED_AFTER_MS).toISOString(),
    ]);
  });
});
