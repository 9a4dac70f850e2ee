import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { holdPasskey } from "./authenticator.ts";
import { axe, open, screenshot, signIn } from "./chromium.ts";
import { startFakeApi, type FakeApi } from "./fake-api.ts";
import { makeWorld } from "./fake/world.ts";

export type Desk = Readonly<{
  api: FakeApi;
  page: Page;
  /** Where the stand-in is, under the name it was opened by. */
  url: string;
  /** Leaves, and holds that nothing broke the contract and the browser complained about nothing but what was expected. */
  close: () => Promise<void>;
}>;

type Sitting = Readonly<{
  name: string;
  place?: string;
  /** Statuses the journey is about: the browser writes down every refusal. */
  refusals?: RegExp;
  /** Given: it is opened at a name, as passkeys need, and there are so many. */
  passkeys?: number;
}>;

/** A stand-in of its own, and somebody who signed in to it. */
export async function sitDown(browser: Browser, sitting: Sitting): Promise<Desk> {
  const { name, place, refusals, passkeys } = sitting;
  const api = await startFakeApi(makeWorld(Date.now()));
  const url = passkeys === undefined ? api.url : api.url.replace("127.0.0.1", "localhost");
  const { page, context, complaints } = await open(browser, "light");
  if (passkeys !== undefined) {
    api.world.account.methods = { ...api.world.account.methods, passkeys };
    api.world.origin = url;
    if (passkeys > 0) await holdPasskey(page);
  }
  await signIn(page, url, name);
  if (place !== undefined) {
    await page.goto(url + place);
    await page.locator("h1").waitFor();
  }
  const close = async (): Promise<void> => {
    const isExpected = (one: string): boolean =>
      refusals !== undefined && refusals.test(/status of (\d+)/.exec(one)?.[1] ?? "");
    expect(complaints.filter((one) => !isExpected(one))).toEqual([]);
    await context.close();
    await api.close();
    expect(api.faults).toEqual([]);
  };
  return { api, page, url, close };
}

/** As on a desk and, dark, as on a small telephone. */
export async function looksRight(page: Page, name: string): Promise<void> {
  expect(await axe(page)).toEqual([]);
  await screenshot(page, `light-${name}`);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 360, height: 780 });
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
  expect([name, Math.max(0, beyond)]).toEqual([name, 0]);
  expect(await axe(page)).toEqual([]);
  await screenshot(page, `mobile-${name}`);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1440, height: 900 });
}
