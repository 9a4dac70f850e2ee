import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axe, hasChromium, launch, open, screenshot, signIn, type Theme } from "./chromium.ts";
import { startFakeApi, type FakeApi } from "./fake-api.ts";
import { idOf, RULES } from "./fake/make.ts";
import { makeEmptyWorld, makeWorld } from "./fake/world.ts";

const hostile = "events-hostile";
/** Every screen, with its panel open where it has one: the name of its picture and its address. */
const screens = (api: FakeApi): readonly (readonly [name: string, address: string])[] => {
  const odd = api.world.events.find((event) => event.raw.includes("\\u001b"));
  const found = api.world.detections.find((one) => one.incidentId === idOf("incident", 1));
  return [
    ["overview", "/"],
    ["events", `/events?kind=command&event=${api.world.events.find((event) => event.kind === "command")?.id ?? ""}`],
    [hostile, `/events?event=${odd?.id ?? ""}&view=raw`],
    ["events-none", "/events?q=nobody-ever-wrote-this"],
    ["detections", `/detections?detection=${idOf("detection", 3)}`],
    ["attack", "/attack?q=account&cell=initial-access:T1078"],
    ["rules", "/rules?sort=detections.desc"],
    ["rule", `/rules/${RULES[5]?.id ?? ""}`],
    ["attackers", "/attackers"],
    ["attacker", "/attackers/203.0.113.9?tab=credentials"],
    ["identity-why", `/identities/${idOf("identity", 1)}`],
    ["identity", `/identities/${idOf("identity", 1)}?tab=addresses`],
    ["campaign", `/campaigns/${idOf("campaign", 1)}`],
    ["no-such-rule", "/rules/nobody-wrote-it"],
    ["incidents", "/incidents"],
    ["incident-timeline", `/incidents/${idOf("incident", 1)}`],
    ["incident-detections", `/incidents/${idOf("incident", 1)}?tab=detections&detection=${found?.id ?? ""}`],
    ["incident-actions", `/incidents/${idOf("incident", 1)}?tab=actions`],
    ["approvals", "/approvals"],
    ["request", `/approvals/${idOf("action", 1)}`],
    ["approvals-own", `/approvals?action=${idOf("action", 2)}`],
    ["approvals-history", `/approvals?tab=history&action=${idOf("action", 4)}`],
    ["approvals-break-glass", "/approvals?tab=break-glass"],
    ["policy", "/policy"],
    ["policy-versions", "/policy?tab=versions"],
    ["audit", `/audit?entry=${idOf("auditEntry", 300)}`],
    ["sensors", `/sensors?sensor=${idOf("sensor", 1)}`],
    ["quarantine", "/sensors?tab=quarantine"],
    ["blocks", `/blocks?block=${idOf("block", 1)}`],
    ["enforcers", "/blocks?tab=enforcers"],
    ["allow-list", "/blocks?tab=allow"],
    ["mode", "/mode"],
    ["users", `/users?user=${idOf("subject", 3)}`],
    ["roles", "/roles"],
    ["reviews", "/reviews"],
    ["review", `/reviews?review=rvw_00000000-0000-7000-8000-000000000001`],
    ["keys", "/keys"],
    ["keys-services", "/keys?tab=services"],
    ["keys-all", "/keys?tab=all"],
    ["account", "/account"],
    ["not-found", "/nowhere"],
  ];
};
const THEMES: readonly Theme[] = ["light", "dark"];

if (!hasChromium)
  console.warn("SKIPPED: 5 browser tests of the screens, because there is no Chromium (set TYR_CHROMIUM)");

describe.skipIf(!hasChromium)("every screen, in both themes", () => {
  let api: FakeApi;
  let empty: FakeApi;
  let browser: Browser;
  beforeAll(async () => {
    api = await startFakeApi(makeWorld(Date.now()));
    empty = await startFakeApi({ ...makeEmptyWorld(Date.now()), setupNeeded: true });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await api?.close();
    await empty?.close();
  });

  /** Looks at one screen in both themes; only its colours differ, so the page is loaded once and the rest read once. */
  async function look(page: Page, name: string): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme });
      const found = await axe(page, theme === "light" ? "everything" : "colours");
      problems.push(...found.map((problem) => `${name}, ${theme}: ${problem}`));
      await screenshot(page, `${theme}-${name}`);
    }
    await page.emulateMedia({ colorScheme: "light" });
    return problems;
  }

  /** The same page on a telephone. */
  async function lookNarrow(page: Page, name: string): Promise<readonly string[]> {
    await page.setViewportSize({ width: 390, height: 844 });
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
    const wide = beyond > 0 ? [`${name} is ${beyond} px wider than the screen`] : [];
    const problems = (await axe(page)).map((problem) => `${name}, narrow: ${problem}`);
    await screenshot(page, `mobile-${name}`);
    await page.setViewportSize({ width: 1440, height: 900 });
    return [...wide, ...problems];
  }

  // In parts, so that on a busy machine none takes longer than a test may.
  const PARTS = 2;
  test.each(Array.from({ length: PARTS }, (_, part) => part))(
    "axe finds nothing on any screen, nothing is wider than a telephone, and nothing breaks the strict policy (part %i)",
    async (part) => {
      const { context, page, complaints } = await open(browser, "light");
      await signIn(page, api.url, "mara");
      const problems: string[] = [];
      for (const [name, address] of screens(api).filter((_, index) => index % PARTS === part)) {
        await page.goto(api.url + address);
        await page.locator("h1").waitFor();
        await expect
          .poll(async () => await page.locator(".skeleton, .skeleton-wait").count(), { interval: 20 })
          .toBe(0);
        if (name === "overview") await fillFeed(api, page);
        problems.push(...(await look(page, name)), ...(await lookNarrow(page, name)));
      }
      expect(problems).toEqual([]);
      // The browser writes down the one screen that is not there.
      expect(complaints.filter((one) => !one.includes("status of 404"))).toEqual([]);
      await context.close();
    },
  );

  test("axe finds nothing before signing in, on an empty installation and on refusals", async () => {
    const { context, page } = await open(browser, "light");
    const problems: string[] = [];
    await page.goto(`${empty.url}/setup#token=one-time`);
    await page.getByRole("button", { name: "Create and sign in" }).waitFor();
    problems.push(...(await look(page, "setup")));
    await signIn(page, empty.url, "vik");
    await page.getByText("Three steps to the first incident").waitFor();
    problems.push(...(await look(page, "overview-empty")));
    await page.goto(`${empty.url}/approvals`);
    await page.getByText("Nothing waits for a decision").waitFor();
    problems.push(...(await look(page, "approvals-empty")));
    await page.goto(`${empty.url}/audit`);
    await page.getByText("You may not see this").waitFor();
    await page.getByText("audit:read").waitFor();
    problems.push(...(await look(page, "forbidden")));
    await context.clearCookies();
    await page.goto(`${api.url}/login`);
    await page.getByLabel("Name").fill("mara");
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    problems.push(...(await look(page, "login-refused")));
    expect(problems).toEqual([]);
    await context.close();
  });

  test("axe would say so: an unnamed button and grey on grey are found", async () => {
    const { context, page } = await open(browser, "light");
    await signIn(page, api.url, "mara");
    await page.evaluate(() => {
      const bad = document.createElement("button");
      const pale = document.createElement("p");
      pale.textContent = "hard to read";
      pale.style.color = "#ddd";
      document.querySelector("h1")?.after(bad, pale);
    });
    const found = (await axe(page)).map((problem) => problem.split(":")[0]);
    expect(found).toContain("button-name");
    expect(found).toContain("color-contrast");
    await context.close();
  });

  test("what an attacker typed is shown as text, with its control characters made visible", async () => {
    const { context, page, complaints } = await open(browser, "light");
    await signIn(page, api.url, "mara");
    const address = screens(api).find(([name]) => name === hostile)?.[1] ?? "";
    await page.goto(api.url + address);
    await page.getByRole("region", { name: "Raw input" }).waitFor();
    expect(await page.locator(".lead .hostile-mark").first().textContent()).toBe("‹ESC›");
    await page.goto(`${api.url}/incidents`);
    await page.getByText("as <b>root</b>").waitFor();
    expect(await page.locator(".table b, .table img, main script").count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("all that these screens asked and were answered is of the contract", () => {
    expect([...api.faults, ...empty.faults]).toEqual([]);
  });
});

/** Some messages of each kind, so that the picture shows a feed. */
async function fillFeed(api: FakeApi, page: Page): Promise<void> {
  await page.getByText("Live", { exact: true }).first().waitFor();
  await page.locator(".live-light.live").waitFor();
  for (let round = 0; round < 6; round += 1) {
    const count = 12 + round * 31;
    api.tell("event.stored", { count, head: String(count) });
  }
  const [detection] = api.world.detections;
  if (detection === undefined) throw new Error("the stand-in has no detection");
  api.tell("detection.recorded", {
    id: detection.id,
    ruleTitle: detection.ruleTitle,
    severity: detection.severity,
    count: 1,
  });
  api.tell("incident.changed", {
    id: idOf("incident", 1),
    title: "Break-in over SSH, tools fetched",
    state: "new",
    severity: "critical",
    risk: 95,
    actorIp: "203.0.113.9",
  });
  api.tell("action.changed", {
    id: idOf("action", 1),
    target: "203.0.113.9",
    state: "pending",
    incidentId: idOf("incident", 1),
  });
  await page.getByText("203.0.113.9 · pending").waitFor();
}
