import { describe, expect, test } from "vitest";
import { generator } from "../testing/stored-log.ts";
import { emptyProfile, isSeveralNow, keepRhythm, keepSession, profileOf, severalIn, type Profile } from "./profile.ts";
import { bandsOf, differingBits, isLikeRhythm } from "./rhythm-bands.ts";

const HOUR = 3_600_000;
const session = (at: number) => ({ id: `s${String(at).padStart(3, "0")}`, atMs: at * HOUR });
const stateIn = (profiles: readonly Profile[], wanted: string) =>
  profileOf(profiles).find(({ primitive }) => primitive === wanted);

describe("what is kept of sessions", () => {
  test("is the newest of them, whatever the order they come in", () => {
    const random = generator(3);
    const all = Array.from({ length: 30 }, (_none, at) => at);
    const kept = [all, all.toReversed(), all.toSorted(() => random() - 0.5)].map((order) => {
      const profile = emptyProfile();
      for (const at of order) keepSession(profile, session(at), { client: `c${at}` });
      for (const at of order) keepRhythm(profile, { ...session(at), hash: null, meanMs: at + 1 });
      return profile;
    });
    expect(kept[0]?.sessions.map(({ client }) => client)).toEqual(all.slice(-8).map((at) => `c${at}`));
    expect(kept[1]).toEqual(kept[0]);
    expect(kept[2]).toEqual(kept[0]);
  });

  test("is what its events show together; one that shows nothing of hands is not kept", () => {
    const profile = emptyProfile();
    keepSession(profile, session(1), { asn: "AS1" });
    expect(profile.sessions).toEqual([]);
    keepSession(profile, session(1), { secret: "bb", asn: "AS1" });
    keepSession(profile, session(1), { secret: "aa", hassh: "h" });
    expect(profile.sessions).toMatchObject([{ secret: "aa", hassh: "h", asn: "AS1", ja3: null }]);
  });
});

describe("the profile of an identity", () => {
  test("goes over the sessions of all its addresses, and shows no hash of what was typed or tried", () => {
    const [a, b] = [emptyProfile(), emptyProfile()];
    for (const at of [1, 3, 5]) keepSession(a, session(at), { client: "SSH-2.0-Go", secret: "5ec4e7" });
    for (const at of [2, 4]) keepSession(b, session(at), { client: "SSH-2.0-libssh", secret: "5ec4e7" });
    expect(stateIn([a, b], "client_version")).toMatchObject({
      state: "multi_actor",
      value: "SSH-2.0-Go",
      observations: 5,
    });
    expect(stateIn([a], "client_version")?.state).toBe("stable");
    expect(stateIn([a, b], "credentials")).toMatchObject({ state: "stable", value: null });
    expect(stateIn([a, b], "hassh")).toBeUndefined();
  });

  test("says several people are behind it only where two things agree, and then as sure as 0.6", () => {
    const profile = emptyProfile();
    for (const at of [0, 1, 2, 3, 4]) keepSession(profile, session(at), { client: `c${at % 2}` });
    expect(severalIn(profileOf([profile]))).toEqual(["client_version"]);
    expect(isSeveralNow([], ["client_version"])).toBe(false);
    for (const at of [0, 1, 2, 3, 4])
      keepRhythm(profile, { ...session(at), hash: null, meanMs: at % 2 === 0 ? 90 : 400 });
    const rows = profileOf([profile]);
    expect(severalIn(rows)).toEqual(["client_version", "keystroke_interval"]);
    expect(rows.filter(({ state }) => state === "multi_actor").map(({ confidence }) => confidence)).toEqual([60, 60]);
    expect(isSeveralNow(["client_version"], severalIn(rows))).toBe(true);
    expect(isSeveralNow(severalIn(rows), severalIn(rows))).toBe(false);
  });
});

describe("rhythms that are alike", () => {
  test("differ in fewer than eight bits, and always share a band", () => {
    const random = generator(9);
    for (let run = 0; run < 500; run += 1) {
      const bits = BigInt.asUintN(64, BigInt(Math.floor(random() * 2 ** 32)) * 0x9e3779b97f4a7c15n);
      const flipped = new Set(Array.from({ length: Math.floor(random() * 12) }, () => Math.floor(random() * 64)));
      const other = [...flipped].reduce((value, bit) => value ^ (1n << BigInt(bit)), bits);
      const [a, b] = [bits, other].map((one) => one.toString(16).padStart(16, "0")) as [string, string];
      expect(differingBits(a, b)).toBe(flipped.size);
      expect(isLikeRhythm(a, b)).toBe(flipped.size < 8);
      const shared = bandsOf(a).filter(({ band, value }) => bandsOf(b)[band]?.value === value);
      expect(shared.length > 0 || flipped.size >= 8).toBe(true);
    }
  });
});
