import { ROLES } from "@tyr/contract";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axe, hasChromium, launch, open, screenshot, signIn, type Theme } from "./chromium.ts";
import { startFakeApi, type FakeApi } from "./fake-api.ts";
import { idOf } from "./fake/make.ts";
import { keptOf } from "./fake/privacy.ts";
import { makeWorld, type World } from "./fake/world.ts";

const THEMES: readonly Theme[] = ["light", "dark"];
const ADA = idOf("subject", 3);

/** Vik keeps the rules here: everything about privacy is for the one role that is made for it. */
function makeOfficer(): World {
  const world = makeWorld(Date.now());
  return {
    ...world,
    users: world.users.map((user) => (user.name === "vik" ? { ...user, roles: ["compliance_officer"] } : user)),
  };
}

if (!hasChromium)
  console.warn("SKIPPED: 5 browser tests of the privacy screen, because there is no Chromium (set TYR_CHROMIUM)");

describe.skipIf(!hasChromium)("the screen of privacy and retention", () => {
  let browser: Browser;
  let world: World;
  let api: FakeApi;
  beforeAll(async () => {
    browser = await launch();
    world = makeOfficer();
    api = await startFakeApi(world);
  });
  afterAll(async () => {
    await browser?.close();
    await api?.close();
  });

  async function look(page: Page, name: string): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme });
      problems.push(...(await axe(page)).map((problem) => `${name}, ${theme}: ${problem}`));
      await screenshot(page, `${theme}-${name}`);
    }
    return problems;
  }

  async function openPage(address = "/privacy"): Promise<Page> {
    const { page } = await open(browser, "light");
    await signIn(page, api.url, "vik");
    await page.goto(api.url + address);
    await page.locator("h1").waitFor();
    await expect.poll(async () => await page.locator(".skeleton, .skeleton-wait").count(), { interval: 20 }).toBe(0);
    return page;
  }

  test("says what is kept how long, what is due, what holds it, and what runs did; axe finds nothing", async () => {
    const page = await openPage();
    await page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name: "Privacy" }).waitFor();
    const kept = page.getByRole("region", { name: "Kinds of records" });
    expect(await kept.getByRole("row", { name: /^event/ }).textContent()).toMatch(/90 days.*48,100.*open incident: 98/);
    expect(await kept.getByRole("row", { name: /^incident/ }).textContent()).toContain("for ever");
    const runs = page.getByRole("region", { name: "Runs of retention" });
    expect(await runs.getByRole("row", { name: /no space left on device/ }).textContent()).toContain("failure");
    expect(await look(page, "privacy")).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
    expect(beyond).toBeLessThanOrEqual(0);
    await screenshot(page, "mobile-privacy");
    await page.context().close();
  });

  test("a hold is placed with its reason, seen, and lifted after being asked", async () => {
    const page = await openPage();
    await page.getByRole("button", { name: "Place a hold" }).click();
    await page.getByLabel("Whom").fill("198.51.100.4");
    await page.getByLabel("Reason").fill("an insurer asks");
    expect(await look(page, "privacy-hold")).toEqual([]);
    await page.getByRole("dialog").getByRole("button", { name: "Place the hold" }).click();
    const row = page.getByRole("row", { name: /198\.51\.100\.4/ });
    await row.getByRole("button", { name: /^Lift/ }).click();
    await page.getByLabel("Reason").fill("it was settled");
    await page.getByRole("dialog").getByRole("button", { name: "Lift the hold" }).click();
    await row.waitFor({ state: "detached" });
    expect(keptOf(world).holds.map((one) => one.subject)).toEqual(["value:203.0.113.7"]);
    await page.context().close();
  });

  test("nobody is erased before it was seen what is lost and written once more; with the keyboard alone", async () => {
    const page = await openPage();
    await page.getByRole("button", { name: "Erase somebody" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.type(ADA);
    await page.keyboard.press("Tab");
    await page.keyboard.type("request 2026-12");
    await page.keyboard.press("Enter");
    await page.getByText("214 personal values of the audit log").waitFor();
    const erase = page.getByRole("button", { name: "Erase for good" });
    expect(await erase.isDisabled()).toBe(true);
    await page.getByLabel("Write it once more").fill(ADA.slice(0, -1));
    expect(await erase.isDisabled()).toBe(true);
    expect(keptOf(world).erased.size).toBe(0);
    await page.getByLabel("Write it once more").fill(ADA);
    expect(await look(page, "privacy-erase")).toEqual([]);
    await page.keyboard.press("Enter");
    await page.getByText("Erased 214 values").waitFor();
    expect([...keptOf(world).erased]).toEqual([ADA]);
    await page.context().close();
  });

  test("somebody under a hold is refused with what to do, before anything can be confirmed", async () => {
    const page = await openPage();
    await page.getByRole("button", { name: "Erase somebody" }).click();
    await page.getByLabel("Whom").fill("203.0.113.7");
    await page.getByLabel("Reason").fill("request 2026-13");
    await page.getByRole("button", { name: "Show what will be lost" }).click();
    await page.getByRole("alert").getByText("LEGAL_HOLD").waitFor();
    expect(await page.getByRole("button", { name: "Erase for good" }).count()).toBe(0);
    expect(await look(page, "privacy-held")).toEqual([]);
    await page.context().close();
  });

  test("without a period nothing runs, and it says so; whoever may not see it is told who can help", async () => {
    keptOf(world).hasPeriods = false;
    keptOf(world).runs = [];
    const page = await openPage();
    await page.getByText("nothing is ever removed by itself").waitFor();
    await page.getByText("Retention has not run yet").waitFor();
    expect(await page.getByRole("button", { name: "Run retention now" }).count()).toBe(0);
    expect(await look(page, "privacy-none")).toEqual([]);
    await page.context().close();
    const { context, page: other } = await open(browser, "light");
    await signIn(other, api.url, "jonas");
    await other.goto(`${api.url}/privacy`);
    await other.getByText("You may not see this").waitFor();
    expect(ROLES.analyst).not.toContain("retention:run");
    await context.close();
  });
});
