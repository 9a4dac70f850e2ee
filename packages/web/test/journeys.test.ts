import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axe, hasChromium, launch, open, screenshot, signIn } from "./chromium.ts";
import { startFakeApi, type FakeApi } from "./fake-api.ts";
import { idOf } from "./fake/make.ts";
import { makeWorld } from "./fake/world.ts";

if (!hasChromium) console.warn("SKIPPED: 17 browser journeys, because there is no Chromium (set TYR_CHROMIUM)");

describe.skipIf(!hasChromium)("what people do in the application", () => {
  let api: FakeApi;
  let browser: Browser;
  let page: Page;
  let close: () => Promise<void>;
  let complaints: string[];

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => await browser?.close());

  async function as(name: string): Promise<void> {
    api = await startFakeApi(makeWorld(Date.now()));
    const opened = await open(browser, "light");
    page = opened.page;
    complaints = opened.complaints;
    await signIn(page, api.url, name);
    close = async () => {
      await opened.context.close();
      await api.close();
      expect(api.faults).toEqual([]);
    };
  }

  test("the set-up link makes the first administrator, who lands on the overview", async () => {
    api = await startFakeApi({ ...makeWorld(Date.now()), setupNeeded: true });
    const { context, page: fresh } = await open(browser, "light");
    await fresh.goto(api.url);
    await fresh.waitForURL(/\/setup$/);
    await fresh.goto(`${api.url}/login`);
    await fresh.goto(`${api.url}/setup#token=one-time`);
    await fresh.getByText("change the allow-list").waitFor();
    await fresh.getByText("approve or reject actions requested by somebody else").waitFor();
    expect(new URL(fresh.url()).hash).toBe("");
    await fresh.getByLabel("Name").fill("first.admin");
    await fresh.getByLabel("Password").fill("short");
    await fresh.getByRole("button", { name: "Create and sign in" }).click();
    expect(new URL(fresh.url()).pathname).toBe("/setup");
    await fresh.getByLabel("Password").fill("a long enough pass phrase");
    await fresh.getByRole("button", { name: "Create and sign in" }).click();
    await fresh.getByRole("heading", { name: "Overview" }).waitFor();
    await context.close();
    await api.close();
    expect(api.faults).toEqual([]);
  });

  test("nobody can approve what they asked for, and the card says why", async () => {
    await as("mara");
    await page.goto(`${api.url}/approvals?action=${idOf("action", 2)}`);
    await page.getByText("You asked for this, so another person has to decide.").waitFor();
    expect(await page.getByRole("button", { name: "Approve" }).isDisabled()).toBe(true);
    await close();
  });

  test("an incident leads to a block request with its dry run", async () => {
    await as("jonas");
    await page.goto(`${api.url}/incidents/${idOf("incident", 1)}`);
    await page.getByRole("button", { name: "Request block" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByLabel("Address or prefix").inputValue()).toBe("203.0.113.9");
    await dialog.getByLabel("Justification").fill("Break-in over SSH.");
    await dialog.getByRole("button", { name: "Run dry first" }).click();
    await dialog.getByText("would work").waitFor();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "light-request-block");
    await dialog.getByRole("button", { name: "Ask for approval" }).click();
    await dialog.getByRole("link", { name: "Follow it" }).click();
    await page.getByText("You asked for this, so another person has to decide.").waitFor();
    await close();
  });

  test("the log-ins a dry run warns of are the rows behind its link, and those only", async () => {
    await as("mara");
    await page.getByRole("link", { name: "Approvals" }).first().click();
    await page
      .getByRole("list", { name: "Reach" })
      .getByRole("link", { name: /successful log-in/ })
      .click();
    await page.waitForURL(/outcome=success/);
    const chips = page.getByRole("list", { name: "Active filters" });
    await chips.getByText("auth attempt").waitFor();
    await chips.getByText("success").waitFor();
    expect(await page.getByLabel("Outcome", { exact: true }).inputValue()).toBe("success");
    await close();
  });

  test("a manager changes the mode with a reason and an end; everybody sees who, why and until when", async () => {
    await as("mara");
    api.world.mode = { ...api.world.mode, environment: "staging" };
    await page.goto(`${api.url}/mode`);
    await page.getByText("The mode never changed.").waitFor();
    await page.locator(".header").getByText("staging").waitFor();
    expect(await page.locator(".header").getByRole("link", { name: "Mode" }).count()).toBe(0);
    await page.getByRole("button", { name: "Change the mode" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("radio", { name: /Lockdown/ }).check();
    await dialog.getByText("In lockdown two people decide about every block.").waitFor();
    await dialog.getByRole("button", { name: "Change the mode" }).click();
    expect(api.world.mode.mode).toBe("normal");
    await dialog.getByLabel("Reason").fill("Scans <b>everywhere</b>");
    await dialog.getByLabel(/^Until/).fill("2020-01-01T00:00");
    await dialog.getByRole("button", { name: "Change the mode" }).click();
    await dialog.getByText(/is not in the future/).waitFor();
    await dialog.getByLabel(/^Until/).fill("2199-01-01T12:30");
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "light-mode-dialog");
    await dialog.getByRole("button", { name: "Change the mode" }).click();
    const now = page.getByRole("region", { name: "In force" });
    await now.getByText("Lockdown", { exact: true }).waitFor();
    expect(await now.innerText()).toMatch(/By\s+mara[^]*Scans <b>everywhere<\/b>[^]*2199-01-01 12:30:00/);
    await page.getByRole("link", { name: "Mode: lockdown" }).waitFor();
    expect(await page.getByRole("region", { name: "Changes" }).locator("tbody tr").count()).toBe(1);
    expect(api.world.mode.change).toMatchObject({ mode: "lockdown", until: "2199-01-01T11:30:00.000Z" });
    for (const theme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: theme });
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await axe(page)).toEqual([]);
        const beyond = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
        expect([theme, width, Math.max(0, beyond)]).toEqual([theme, width, 0]);
        await screenshot(page, `${theme}-${width}-mode-changed`);
      }
    }
    await close();
  });

  test("somebody who may not change the mode sees it, without the button", async () => {
    await as("vik");
    await page.goto(`${api.url}/mode`);
    await page.getByText("In elevated mode every block is seen by a second person.").first().waitFor();
    expect(await page.getByRole("button", { name: "Change the mode" }).count()).toBe(0);
    await close();
  });

  test("on a telephone zone and theme are in the user's menu", async () => {
    await as("mara");
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${api.url}/incidents`);
    await page.getByRole("button", { name: "mara" }).click();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "mobile-user-menu");
    await page.getByRole("menuitemradio", { name: "Times in UTC" }).click();
    await page.waitForURL(/tz=utc/);
    await page.getByRole("button", { name: "mara" }).click();
    await page.getByRole("menuitemradio", { name: "Dark theme" }).click();
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole("button", { name: "mara" }).click();
    expect(await page.getByRole("menuitemradio", { name: "Dark theme" }).count()).toBe(0);
    await close();
  });

  test("what a score is made of adds up, with what was taken off said as less", async () => {
    await as("mara");
    await page.goto(`${api.url}/incidents/${idOf("incident", 1)}`);
    const lines = page.locator(".contributions li");
    await lines.first().waitFor();
    const points = (await lines.locator(".points").allInnerTexts()).map((text) => Number(text.replace("\u2212", "-")));
    expect(points.reduce((sum, one) => sum + one, 0)).toBe(100);
    expect(await lines.last().innerText()).toMatch(/^\u221275\s+Capped at 100/);
    expect(await lines.first().getByRole("link").count()).toBe(1);
    expect(await lines.last().getByRole("link").count()).toBe(0);
    await screenshot(page, "light-incident-capped");
    await close();
  });

  test("the whole view is in the address: a copied link shows the same", async () => {
    await as("mara");
    await page.goto(`${api.url}/events`);
    await page.getByLabel("Search events").fill("ip:203.0.113.9 cat");
    await page.keyboard.press("Enter");
    await page.getByLabel("Kind").selectOption("command");
    await page.getByRole("button", { name: "UTC" }).click();
    await page.locator("tbody .row-link").first().click();
    await page.getByRole("tab", { name: "Raw" }).click();
    await page.waitForURL(/view=raw/);
    const chips = await page.getByRole("list", { name: "Active filters" }).innerText();
    const panel = await page.getByRole("complementary", { name: "Event" }).innerText();
    const copied = page.url();
    for (const part of ["ip=203.0.113.9", "q=cat", "kind=command", "tz=utc", "event=evt_"])
      expect(copied).toContain(part);
    const other = await open(browser, "light");
    await signIn(other.page, api.url, "vik");
    await other.page.goto(copied);
    await other.page.getByRole("region", { name: "Raw input" }).waitFor();
    expect(await other.page.getByRole("list", { name: "Active filters" }).innerText()).toBe(chips);
    expect(await other.page.getByRole("complementary", { name: "Event" }).innerText()).toBe(panel);
    await other.context.close();
    await page.goBack();
    await close();
  });

  test("the feed survives a lost connection without missing a message, and holds still when paused", async () => {
    await as("mara");
    await page.locator(".live-light.live").waitFor();
    api.tell("event.stored", { count: 5, head: "5" });
    await page.locator(".feed").getByText("5 events").waitFor();
    api.dropSockets();
    api.tell("event.stored", { count: 6, head: "11" });
    await page.locator(".feed").getByText("6 events").waitFor({ timeout: 10_000 });
    await page.getByRole("button", { name: "Pause the feed" }).click();
    for (let round = 0; round < 3; round += 1) api.tell("event.stored", { count: 2, head: "17" });
    await page.getByRole("button", { name: "3 new, show" }).waitFor();
    expect(await page.locator(".feed").getByText("2 events").count()).toBe(0);
    await page.getByRole("button", { name: "3 new, show" }).click();
    expect(await page.locator(".feed").getByText("2 events").count()).toBe(3);
    expect(await page.locator(".feed").getByText("6 events").count()).toBe(1);
    await close();
  });

  test("somebody whose session ends is asked to sign in, and comes back to where they were", async () => {
    await as("mara");
    await page.goto(`${api.url}/incidents?severity=high`);
    await page.locator(".live-light.live").waitFor();
    api.endSessions();
    await page.getByText("Sign in to go on to where you were.").waitFor();
    await page.getByLabel("Name").fill("mara");
    await page.getByLabel("Password").fill("a long enough pass phrase");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Web scanning").waitFor();
    expect(new URL(page.url()).search).toContain("severity=high");
    await close();
  });

  test("people see where they are signed in and end what they do not know, one session or all the others", async () => {
    await as("mara");
    await page.getByRole("button", { name: "mara" }).click();
    await page.getByRole("menuitem", { name: "Your account and sessions" }).click();
    await page.getByRole("heading", { name: "mara" }).waitFor();
    const rows = page.getByRole("region", { name: "Your sessions" }).locator("tbody tr");
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(/this one\s+Firefox 144 on Linux/),
      expect.stringContaining("tyr, command line"),
      expect.stringContaining("unknown"),
    ]);
    await page.getByRole("button", { name: "End the session from 2001:db8::17" }).click();
    await page.getByText("The session has ended").waitFor();
    await expect.poll(async () => await rows.count()).toBe(2);
    await page.getByRole("button", { name: "End the other" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End them" }).click();
    await page.getByText("You are signed in here only").waitFor();
    await expect.poll(async () => await rows.count()).toBe(1);
    expect(await page.getByRole("button", { name: "End the other" }).count()).toBe(0);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  test("the overview says which stage is behind, and what correlations could not use", async () => {
    await as("mara");
    const pipeline = page.getByRole("region", { name: "Pipeline" });
    await pipeline.getByText("1,212 events behind").waitFor();
    expect(await pipeline.getByRole("listitem").allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^37\s+came after their time window had passed$/)]),
    );
    expect(await pipeline.getByText("as they should").count()).toBe(0);
    await close();
  });

  test("verify says green with what was read, and red with the index that was changed", async () => {
    await as("mara");
    await page.goto(`${api.url}/audit`);
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("Every entry is as it was written").waitFor();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "light-audit-verified");
    api.world.mayVerify = false;
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("The log was changed").waitFor();
    expect(await page.locator(".verdict").innerText()).toContain("Index 117");
    await screenshot(page, "light-audit-broken");
    await close();
  });

  test("keys are shown once, with a command that works; the palette goes everywhere", async () => {
    await as("mara");
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder(/A screen, an address/).fill("sens");
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/sensors/);
    await page.getByRole("button", { name: "Register a sensor" }).click();
    await page.getByLabel("Name").fill("new-decoy");
    await page.getByRole("button", { name: "Register", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Key of new-decoy" });
    const key = await dialog.locator(".secret code").innerText();
    expect(await dialog.locator("pre").innerText()).toContain(`X-Tyr-Key: ${key}`);
    await page.keyboard.press("Escape");
    expect(await dialog.isVisible()).toBe(true);
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "light-key-once");
    await dialog.getByRole("button", { name: "I have kept the key" }).click();
    expect(await page.getByText(key).count()).toBe(0);
    await page.getByText("new-decoy").first().waitFor();
    await close();
  });

  test("the ATT&CK matrix is walked by keys alone, and a cell says who looks for it and what was found", async () => {
    await as("vik");
    await page.goto(`${api.url}/attack?q=brute`);
    const cell = page.locator('[data-cell="credential-access:T1110"]');
    await cell.focus();
    await page.keyboard.press("+");
    await page.keyboard.press("ArrowDown");
    const focused = async (): Promise<string | undefined> =>
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset["cell"]);
    expect(await focused()).toBe("credential-access:T1110.001");
    await page.keyboard.press("End");
    expect(await focused()).toBe("credential-access:T1110.001");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Technique, details" }).waitFor();
    await page.getByText("Not an attribution claim").waitFor();
    await page.getByRole("link", { name: "Many failed SSH logins from one address" }).first().waitFor();
    expect(new URL(page.url()).searchParams.get("cell")).toBe("credential-access:T1110.001");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Export" }).click();
    const layer = await page.getByRole("link", { name: "by confidence" }).getAttribute("href");
    expect(layer).toBe("/api/v1/ttp/export/navigator?domain=enterprise-attack&score=confidence");
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Seen", exact: true }).click();
    expect(await page.locator(".mark-seen:visible").count()).toBe(0);
    expect(await page.locator(".mark-cover:visible").count()).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    await close();
  });

  test("a rule is muted with a reason and tried on stored events, and an identity is taken apart again", async () => {
    await as("mara");
    const rule = api.world.rules[2];
    await page.goto(`${api.url}/rules/${rule?.id ?? ""}?tab=backtest`);
    await page.getByRole("button", { name: "Change the state" }).click();
    await page.getByLabel("muted").check();
    await page.getByLabel(/^Until/).fill("2999-01-01T00:00");
    await page.getByLabel("Reason").fill("ticket 4711");
    await page.getByRole("button", { name: "Set to muted" }).click();
    await page.getByText("ticket 4711").waitFor();
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByRole("progressbar").waitFor();
    await page.getByText("Only by the rule in force").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator(".badge", { hasText: "cancelled" }).first().waitFor();
    await page.goto(`${api.url}/identities/${idOf("identity", 1)}?tab=addresses`);
    await page.getByRole("button", { name: "Take out 198.51.100.23" }).click();
    await page.getByLabel("Reason").fill("two people behind one proxy");
    await page.getByRole("dialog").getByRole("button", { name: "Take out" }).click();
    await page.getByRole("heading", { name: "Identity of 1 address" }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });
});
