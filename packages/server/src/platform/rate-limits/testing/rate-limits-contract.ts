import { describe, expect, test } from "vitest";
import type { RateLimits } from "../rate-limits.ts";

export type LimitsUnderTest = Readonly<{
  limits: RateLimits;
  /** Lets time pass for the limits: a clock that is set, or really waiting. */
  pass(ms: number): Promise<void>;
}>;

/**
 * What every implementation of `RateLimits` must do. Buckets fill slowly here, so that a store with a clock of its own
 * passes too: what a test spends is spent within a second or two.
 */
export function rateLimitsContract(name: string, open: () => Promise<LimitsUnderTest>): void {
  const rule = { capacity: 3, perSecond: 0.5 };

  describe(`rate limits ${name}`, () => {
    test("let through what was saved up, and then say how long to wait", async () => {
      const { limits } = await open();
      const spend = async () => await limits.take({ limit: "sign-in", holder: "198.51.100.7", rule });
      expect([await spend(), await spend(), await spend()]).toEqual([0, 0, 0]);
      const wait = await spend();
      expect(Number.isInteger(wait) && wait >= 1 && wait <= 2).toBe(true);
    });

    test("take nothing from whoever must wait: asking again and again does not lengthen it", async () => {
      const { limits, pass } = await open();
      const spend = async () => await limits.take({ limit: "sign-in", holder: "198.51.100.7", rule });
      for (let at = 0; at < 30; at += 1) await spend();
      await pass(2_100);
      expect(await spend()).toBe(0);
      expect(await spend()).toBeGreaterThan(0);
    });

    test("hold no more than the capacity, however long nobody asks", async () => {
      const { limits, pass } = await open();
      const quick = { capacity: 2, perSecond: 1 };
      const spend = async () => await limits.take({ limit: "read", holder: "usr_1", rule: quick });
      await spend();
      await pass(4_000);
      const waits = await Promise.all([spend(), spend(), spend(), spend()]);
      expect(waits.filter((wait) => wait === 0)).toHaveLength(2);
    });

    test("count every holder and every class apart", async () => {
      const { limits } = await open();
      const spend = async (limit: string, holder: string) => await limits.take({ limit, holder, rule });
      for (let at = 0; at < 4; at += 1) await spend("sign-in", "a");
      expect(await spend("sign-in", "a")).toBeGreaterThan(0);
      expect(await spend("sign-in", "b")).toBe(0);
      expect(await spend("read", "a")).toBe(0);
      expect(await spend("sign-in", "a:b")).toBe(0);
      expect(await spend("sign-in:a", "b")).toBe(0);
    });

    test("give no token twice, however many ask at once", async () => {
      const { limits } = await open();
      const ask = async () => await limits.take({ limit: "sign-in", holder: "198.51.100.7", rule });
      const waits = await Promise.all(Array.from({ length: 200 }, ask));
      expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
    });

    test("take any text for a holder: an attacker chooses it", async () => {
      const { limits } = await open();
      for (const holder of ["", "__proto__", "constructor", "a\r\nset x 1", "{a}", "*", "é".repeat(500)])
        expect([holder, await limits.take({ limit: "sign-in", holder, rule })]).toEqual([holder, 0]);
    });
  });
}
