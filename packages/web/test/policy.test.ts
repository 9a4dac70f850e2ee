import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasChromium, launch } from "./chromium.ts";
import { looksRight, sitDown } from "./desk.ts";
import type { FakeApi } from "./fake-api.ts";
import { message } from "./fake/notifications.ts";

if (!hasChromium)
  console.warn("SKIPPED: 6 browser journeys of policies, because there is no Chromium (set TYR_CHROMIUM)");

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
    ({ api, page, close } = await sitDown(browser, { name, place, refusals: /^4(03|09)$/ }));
  }

  const dialog = () => page.getByRole("dialog");
  const code = () => page.locator(".code-area textarea");
  const publish = () => page.getByRole("button", { name: "Publish" });

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
    await looksRight(page, "policy-broken");
    await code().fill(text.replaceAll("never-own-network", "never-else"));
    await page.getByRole("button", { name: "Check and test" }).click();
    await page.getByText("1 example fails.").waitFor();
    expect(await publish().isDisabled()).toBe(true);
    await page.getByRole("tab", { name: "Tests, 1 failing" }).click();
    await page.getByText("expected deny by never-own-network").waitFor();
    await looksRight(page, "policy-tests");
    await page.getByRole("tab", { name: "Changes" }).click();
    await page.getByText("takes away what nobody could approve").waitFor();
    await page.locator(".difference summary").first().click();
    await looksRight(page, "policy-changes");
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
    await looksRight(page, "policy-no-draft");
    await close();
  });

  test("a green draft is tried on stored decisions and published, which only asks: others approve it", async () => {
    await as("mara", "/policy?tab=draft&pane=backtest");
    await page.getByRole("button", { name: "Begin with what is in force" }).click();
    await page.getByRole("button", { name: "Begin", exact: true }).click();
    await page.getByText("11,979 decisions stay as they were.").waitFor();
    await page.getByRole("region", { name: "deny to require approval" }).first().waitFor();
    await looksRight(page, "policy-backtest");
    await page.getByRole("button", { name: "Check and test" }).click();
    await publish().click();
    await dialog().getByLabel("Justification").fill("Reviewed on Tuesday.");
    await looksRight(page, "policy-publish");
    await dialog().getByRole("button", { name: "Ask for it" }).click();
    await dialog().getByText("Nothing is in force yet.").waitFor();
    await dialog().getByRole("link", { name: "Follow it" }).click();
    await page.getByRole("heading", { name: /Put policies in force/ }).waitFor();
    await page.getByRole("link", { name: "What changes" }).waitFor();
    expect(api.world.actions[0]).toMatchObject({ type: "update_policy", state: "pending" });
    await looksRight(page, "approvals-policy");
    await close();
  });

  test("versions say what they would change, and an older one is asked for again; readers only read", async () => {
    await as("mara", "/policy?tab=versions");
    await page.getByText("holds other policies").waitFor();
    await page.locator("tbody .row-link").nth(1).click();
    await page.getByText("a forbid that no approval lifts is gone").first().waitFor({ state: "attached" });
    await looksRight(page, "policy-versions");
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
    await looksRight(page, "policy-force");
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
    await looksRight(page, "mode-asked");
    await dialog().getByRole("button", { name: "Close" }).last().click();
    await page.getByText("Another mode is asked for and waits for approval.").waitFor();
    await looksRight(page, "mode-waiting");
    await page.getByRole("button", { name: "Change settings" }).click();
    await dialog().getByLabel("Failed log-ins (a minute)").fill("5");
    await dialog().getByLabel("Lockdown on an incident of critical severity").check();
    await looksRight(page, "mode-settings");
    await dialog().getByRole("button", { name: "Change settings" }).click();
    await page.getByText("as shipped: 10 a minute").waitFor();
    expect(api.world.settings).toMatchObject({ maxFailedLoginsPerMinute: 5, autoLockdown: true, notes: null });
    await close();
  });

  /** On the page of modes: what goes out to people elsewhere, off and on. */
  async function messages(): Promise<void> {
    await page.getByText("Off: nobody is told that something waits").waitFor();
    expect(await page.getByRole("button", { name: "Send a test" }).count()).toBe(0);
    const about = ["waiting", "failed"] as const;
    api.world.notifications = { ...api.world.notifications, on: true, host: "hooks.example", about: [...about] };
    api.world.notifications = { ...api.world.notifications, givenUp: 1, items: [message(1, { count: 3 })] };
    await page.reload();
    await page.getByText("1 message could not be delivered").waitFor();
    await looksRight(page, "notifications");
    await page.getByRole("button", { name: "Send again" }).click();
    await page.getByText("It is sent again").waitFor();
    api.world.account.proofIsOld = true;
    await page.getByRole("button", { name: "Send a test" }).click();
    const prompt = page.getByRole("dialog", { name: "Prove that it is you" });
    await prompt.getByLabel("Password").fill("a long enough pass phrase");
    await prompt.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("row", { name: /a test waiting/ }).waitFor();
    expect(api.world.notifications.items.map(({ state }) => state)).toEqual(["waiting", "delivered"]);
  }

  test("an administrator lets one person decide alone, which every page says from then on; not while two may approve", async () => {
    await as("astrid", "/mode");
    const { users } = api.world;
    api.world.users = users.map((user) => (user.name === "vik" ? { ...user, roles: ["approver"] } : user));
    await page.getByText("Off: nobody’s own approval counts.").waitFor();
    await page.getByRole("button", { name: "Let one person decide alone" }).click();
    await dialog().getByText("Whoever takes over that one account only has to wait.").waitFor();
    await dialog().getByLabel("One’s own approval counts after").fill("5");
    await dialog().getByLabel("Reason").fill("Nobody else is here until Monday.");
    await dialog().getByRole("button", { name: "Turn it on" }).click();
    expect(api.world.mode.singlePerson).toBeUndefined();
    await dialog().getByLabel("One’s own approval counts after").fill("45");
    await dialog().getByRole("button", { name: "Turn it on" }).click();
    await dialog().getByText("2 people may approve").waitFor();
    await looksRight(page, "single-person-refused");
    api.world.users = users;
    api.world.account.proofIsOld = true;
    await dialog().getByRole("button", { name: "Turn it on" }).click();
    const prompt = page.getByRole("dialog", { name: "Prove that it is you" });
    await prompt.getByLabel("Password").fill("a long enough pass phrase");
    await prompt.getByRole("button", { name: "Go on" }).click();
    await page.getByText("one’s own approval counts after 45 minutes").waitFor();
    await looksRight(page, "single-person-on");
    await page.goto(api.url);
    await page.getByRole("link", { name: "one person decides alone" }).waitFor();
    await page.getByRole("link", { name: "one decides alone" }).click();
    await page.getByRole("button", { name: "Turn it off" }).click();
    await dialog().getByLabel("Reason").fill("They are back.");
    await dialog().getByRole("button", { name: "Turn it off" }).click();
    await page.getByText("Off: nobody’s own approval counts.").waitFor();
    expect(await page.getByRole("link", { name: "one decides alone" }).count()).toBe(0);
    await messages();
    await close();
  });
});
