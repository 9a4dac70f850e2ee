import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axe, hasChromium, launch, open, screenshot, signIn } from "./chromium.ts";
import { startFakeApi, type FakeApi } from "./fake-api.ts";
import { makeWorld } from "./fake/world.ts";

if (!hasChromium) console.warn("SKIPPED: 2 browser tests of tokens, because there is no Chromium (set TYR_CHROMIUM)");

describe.skipIf(!hasChromium)("tokens of API keys", () => {
  let api: FakeApi;
  let browser: Browser;
  beforeAll(async () => {
    api = await startFakeApi(makeWorld(Date.now()));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await api?.close();
  });

  test("stand below the keys they came from, and are ended by keyboard", async () => {
    const { context, page, complaints } = await open(browser, "dark");
    await signIn(page, api.url, "mara");
    await page.goto(`${api.url}/keys`);
    const table = page.getByRole("table", { name: "Tokens of these keys" });
    await table.waitFor();
    expect(await table.getByRole("row").count()).toBe(4);
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "dark-tokens");
    await page.emulateMedia({ colorScheme: "light" });
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "light-tokens");
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth)).toBeLessThanOrEqual(
      0,
    );
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "mobile-tokens");
    await page.setViewportSize({ width: 1440, height: 900 });
    await table.getByRole("button", { name: /End/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "End the tokens" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(async () => await table.getByRole("button", { name: /End/ }).count()).toBe(0);
    expect(await table.innerText()).toContain("ended by its owner");
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("of everybody are ended by whoever may end keys, and are only looked at by others", async () => {
    const buttons = async (name: string): Promise<number> => {
      const { context, page } = await open(browser, "light");
      await signIn(page, api.url, name);
      await page.goto(`${api.url}/keys?tab=all`);
      const table = page.getByRole("table", { name: "Tokens of these keys" });
      await table.waitFor();
      const count = await table.getByRole("button", { name: /End/ }).count();
      await screenshot(page, `light-tokens-${name}`);
      await context.close();
      return count;
    };
    expect(await buttons("astrid")).toBeGreaterThan(0);
    expect(await buttons("mara")).toBe(0);
  });
});
