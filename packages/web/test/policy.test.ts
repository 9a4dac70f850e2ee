import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axe, hasChromium, launch, open, screenshot, signIn } from "./chromium.ts";
import { startFakeApi, type FakeApi } from "./fake-api.ts";
import { makeWorld } from "./fake/world.ts";

if (!hasChromium)
  console.warn("SKIPPED: 5 browser journeys of policies, because there is no Chromium (set TYR_CHROMIUM)");

describe.skipIf(!hasChromium)("policies and modes in the application", () => {
  let api: FakeApi;
  let browser: Browser;
  let page: Page;
  let close: () => Promise<void>;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => await browser?.close());

  async function as(name: string, place: string): Promise<void> {
    api = await startFakeApi(makeWorld(Date.now()));
    const opened = await open(browser, "light");
    page = opened.page;
    await signIn(page, api.url, name);
    await page.goto(api.url + place);
    await page.locator("h1").waitFor();
    close = async () => {
      expect(opened.complaints).toEqual([]);
      await opened.context.close();
      await api.close();
      expect(api.faults).toEqual([]);
    };
  }

  const dialog = () => page.getByRole("dialog");
  const code = () => page.locator(".code-area textarea");
  const publish = () => page.getByRole("button", { name: "Publish" });

  /** As on a desk and, dark, as on a telephone. */
  async function looksRight(name: string): Promise<void> {
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

  test("a draft is tested, its failing example names its line, and it cannot be published until all are green", async () => {
    await as("mara", "/policy?tab=draft");
    await page.getByRole("button", { name: "Begin with what is in force" }).click();
    await page.getByRole("button", { name: "policies.cedar" }).click();
    expect(await publish().isDisabled()).toBe(true);
    await page.getByText("Test it first").waitFor();
    const text = await code().inputValue();
    await code().fill(text.replace("forbid (", "forbidd ("));
    await page.getByRole("button", { name: "Check and test" }).click();
    await page.getByRole("button", { name: /^policies\.cedar:\d+$/ }).click();
    await page.locator(".code-gutter .marked").waitFor();
    await looksRight("policy-broken");
    await code().fill(text.replaceAll("never-own-network", "never-else"));
    await page.getByRole("button", { name: "Check and test" }).click();
    await page.getByText("1 example fails.").waitFor();
    expect(await publish().isDisabled()).toBe(true);
    await page.getByRole("tab", { name: "Tests, 1 failing" }).click();
    await page.getByText("expected deny by never-own-network").waitFor();
    await looksRight("policy-tests");
    await page.getByRole("tab", { name: "Changes" }).click();
    await page.getByText("takes away what nobody could approve").waitFor();
    await page.locator(".difference summary").first().click();
    await looksRight("policy-changes");
    await close();
  });

  test("leaving the page loses nothing of a draft, which its owner can throw away", async () => {
    await as("mara", "/policy?tab=draft");
    await page.getByRole("button", { name: "Begin with what is in force" }).click();
    await page.getByRole("button", { name: "tests/block-ip.yml" }).click();
    await code().fill("# nothing is tried\n");
    await page.goto(`${api.url}/incidents`);
    await page.goto(`${api.url}/policy?tab=draft&file=tests/block-ip.yml`);
    expect(await code().inputValue()).toBe("# nothing is tried\n");
    await page.getByRole("button", { name: "Check and test" }).click();
    await page.getByText("There is no example: policies without tests are not published.").waitFor();
    expect(await publish().isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Add a file" }).click();
    await dialog().getByLabel("Name").fill("more.cedar");
    await dialog().getByRole("button", { name: "Add it" }).click();
    await page.getByRole("button", { name: "Remove more.cedar" }).click();
    await page.getByRole("button", { name: "Throw the draft away" }).click();
    await page.getByText("You have no draft").waitFor();
    await looksRight("policy-no-draft");
    await close();
  });

  test("a green draft is tried on stored decisions and published, which only asks: others approve it", async () => {
    await as("mara", "/policy?tab=draft&pane=backtest");
    await page.getByRole("button", { name: "Begin with what is in force" }).click();
    await page.getByRole("button", { name: "Begin", exact: true }).click();
    await page.getByText("11,979 decisions stay as they were.").waitFor();
    await page.getByRole("region", { name: "deny to require approval" }).first().waitFor();
    await looksRight("policy-backtest");
    await page.getByRole("button", { name: "Check and test" }).click();
    await publish().click();
    await dialog().getByLabel("Justification").fill("Reviewed on Tuesday.");
    await looksRight("policy-publish");
    await dialog().getByRole("button", { name: "Ask for it" }).click();
    await dialog().getByText("Nothing is in force yet.").waitFor();
    await dialog().getByRole("link", { name: "Follow it" }).click();
    await page.getByRole("heading", { name: /Put policies in force/ }).waitFor();
    await page.getByRole("link", { name: "What changes" }).waitFor();
    expect(api.world.actions[0]).toMatchObject({ type: "update_policy", state: "pending" });
    await looksRight("approvals-policy");
    await close();
  });

  test("versions say what they would change, and an older one is asked for again; readers only read", async () => {
    await as("mara", "/policy?tab=versions");
    await page.getByText("holds other policies").waitFor();
    await page.locator("tbody .row-link").nth(1).click();
    await page.getByText("a forbid that no approval lifts is gone").first().waitFor({ state: "attached" });
    await looksRight("policy-versions");
    await page.getByRole("button", { name: "Bring it back" }).click();
    await dialog().getByLabel("Justification").fill("The new ones are too strict.");
    await dialog().getByRole("button", { name: "Ask for it" }).click();
    await dialog().getByText("Nothing is in force yet.").waitFor();
    expect(api.world.actions[0]).toMatchObject({ type: "update_policy", state: "pending" });
    await close();
    await as("vik", "/policy?tab=draft");
    await page.getByText("You may read policies, not draft them").waitFor();
    await page.getByRole("tab", { name: "In force" }).click();
    await page.getByText("In production nobody blocks alone.", { exact: true }).waitFor();
    await looksRight("policy-force");
    await close();
  });

  test("a lower mode waits for somebody else, and settings are changed one by one", async () => {
    await as("mara", "/mode");
    const view = api.world.mode;
    const change = {
      mode: "elevated" as const,
      at: new Date(Date.now() - 600_000).toISOString(),
      until: null,
      by: { kind: "system" as const, id: "system", name: "tyr" },
      reason: "2 open incidents of high severity",
      incidents: api.world.incidents.slice(0, 2).map(({ id }) => id),
    };
    const automatic = {
      mode: "elevated" as const,
      since: change.at,
      earliestDownAt: new Date(Date.now() + 1_200_000).toISOString(),
    };
    api.world.mode = { ...view, mode: "elevated", change, automatic, history: [change] };
    await page.reload();
    await page.getByText("2 open incidents of high severity").first().waitFor();
    await page.getByRole("button", { name: "Change the mode" }).click();
    await dialog()
      .getByRole("radio", { name: /Normal/ })
      .check();
    await dialog().getByLabel("Reason").fill("It is quiet.");
    await dialog().getByRole("button", { name: "Change the mode" }).click();
    await dialog().getByText("It waits for another person.").waitFor();
    await looksRight("mode-asked");
    await dialog().getByRole("button", { name: "Close" }).last().click();
    await page.getByText("Another mode is asked for and waits for approval.").waitFor();
    await looksRight("mode-waiting");
    await page.getByRole("button", { name: "Change settings" }).click();
    await dialog().getByLabel("Failed log-ins (a minute)").fill("5");
    await dialog().getByLabel("Lockdown on an incident of critical severity").check();
    await looksRight("mode-settings");
    await dialog().getByRole("button", { name: "Change settings" }).click();
    await page.getByText("as shipped: 10 a minute").waitFor();
    expect(api.world.settings).toMatchObject({ maxFailedLoginsPerMinute: 5, autoLockdown: true, notes: null });
    await close();
  });
});
