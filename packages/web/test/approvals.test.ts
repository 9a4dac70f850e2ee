import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasChromium, launch } from "./chromium.ts";
import { looksRight, sitDown } from "./desk.ts";
import type { FakeApi } from "./fake-api.ts";
import { at, idOf, person } from "./fake/make.ts";

if (!hasChromium)
  console.warn("SKIPPED: 9 browser journeys of approvals, because there is no Chromium (set TYR_CHROMIUM)");

describe.skipIf(!hasChromium)("deciding in the application", () => {
  let api: FakeApi;
  let browser: Browser;
  let page: Page;
  let url: string;
  let close: () => Promise<void>;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => await browser?.close());

  /** Passkeys work at names only: the stand-in is opened as localhost. */
  async function as(name: string, passkeys = 1): Promise<void> {
    ({ api, page, url, close } = await sitDown(browser, { name, passkeys, refusals: /^4(01|03|04|09|22)$/ }));
  }

  const dialog = () => page.getByRole("dialog");
  const stateOf = (number: number): string | undefined =>
    api.world.actions.find((action) => action.id === idOf("action", number))?.state;

  async function sign(verb: string): Promise<void> {
    await dialog().getByRole("button", { name: "Read what you sign" }).click();
    await dialog()
      .getByRole("button", { name: `Sign: ${verb}` })
      .click();
  }

  test("an approver reads the dry run, then the text, signs it with a passkey, and sees it run and be acknowledged", async () => {
    await as("mara");
    await page.getByRole("link", { name: "Approvals" }).first().click();
    await page.getByText("203.0.113.9 is blocked for 1 day").waitFor();
    await page.getByText("You may approve this.").waitFor();
    await page.getByText("Holding the role: mara;").waitFor();
    await page.keyboard.press("a");
    await dialog().getByLabel("Comment").fill("seen on two decoys <b>too</b>");
    await looksRight(page, "approve-dialog");
    await dialog().getByRole("button", { name: "Read what you sign" }).click();
    const text = dialog().getByRole("region", { name: "What you sign" });
    await text.getByText("block_ip 203.0.113.9").waitFor();
    await text.getByText("seen on two decoys <b>too</b>").first().waitFor();
    await text.getByText("The text, to the letter").click();
    await looksRight(page, "approve-sign");
    expect(stateOf(1)).toBe("pending");
    await dialog().getByRole("button", { name: "Sign: approve" }).click();
    await page.locator(".stage-done", { hasText: "Approved" }).waitFor();
    await page.locator(".stage-done", { hasText: "Executed" }).waitFor();
    await page.locator(".stage-done", { hasText: "Acknowledged" }).waitFor();
    await page.getByText("2 of 2 enforcement points").waitFor();
    await looksRight(page, "approved");
    expect(stateOf(1)).toBe("executed");
    await close();
  });

  test("a server that has something else signed than it shows is caught before the passkey is asked", async () => {
    await as("mara");
    api.world.tellsOtherTarget = true;
    await page.goto(`${url}/approvals`);
    await page.getByRole("button", { name: "Approve" }).click();
    await dialog().getByRole("button", { name: "Read what you sign" }).click();
    await dialog().getByText("This is not what you were shown").waitFor();
    await dialog().getByText("differs from this page in: its target.").waitFor();
    expect(await dialog().getByRole("button", { name: "Sign: approve" }).isDisabled()).toBe(true);
    await looksRight(page, "approve-differs");
    await close();
  });

  test("somebody without a passkey is told how to get one, and how to sign without a browser", async () => {
    await as("mara", 0);
    await page.goto(`${url}/approvals`);
    await page.getByRole("button", { name: "Approve" }).click();
    await dialog().getByText("You have nothing to sign this with here").waitFor();
    await dialog()
      .getByText(`tyr approve ${idOf("action", 1)}`)
      .waitFor();
    await dialog().getByRole("link", { name: "your account" }).waitFor();
    await looksRight(page, "approve-no-passkey");
    expect(stateOf(1)).toBe("pending");
    await close();
  });

  test("a link to a request leads through signing in to exactly that one; what is cut off, gone or not for one's eyes is said", async () => {
    await as("mara");
    const link = `${url}/approvals/${idOf("action", 3)}`;
    const signsIn = async (name: string): Promise<void> => {
      await page.context().clearCookies();
      await page.goto(link);
      await page.getByText("Sign in to go on to where you were.").waitFor();
      await page.getByLabel("Name").fill(name);
      await page.getByLabel("Password").fill("a long enough pass phrase");
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.waitForURL(link);
    };
    await signsIn("mara");
    await page.getByRole("article", { name: "Block 192.0.2.77" }).waitFor();
    expect(await page.getByRole("article").count()).toBe(1);
    await looksRight(page, "approvals-request");
    await page.keyboard.press("r");
    await dialog().getByLabel("Reason").fill("A scanner.");
    await sign("reject");
    await page.getByText("Rejected").first().waitFor();
    expect(stateOf(3)).toBe("rejected");
    const cut = idOf("action", 1).slice(0, -6);
    for (const place of [idOf("action", 999), cut, `?action=${cut}`]) {
      await page.goto(`${url}/approvals/${place}`.replace("/?", "?"));
      await page.getByText("There is no such request").waitFor();
      expect(await page.getByRole("article").count()).toBe(0);
    }
    await looksRight(page, "approvals-no-such");
    api.world.users = api.world.users.map((user) => (user.name === "vik" ? { ...user, roles: [] } : user));
    api.world.granted.add("session:own");
    await signsIn("vik");
    await page.getByText("This screen needs the permission action:read").waitFor();
    await close();
  });

  test("j, k, a, r, e and ? work the inbox, only when switched on", async () => {
    await as("mara");
    await page.goto(`${url}/approvals`);
    await page.getByRole("button", { name: "Approve" }).waitFor();
    await page.keyboard.press("?");
    await dialog().getByText("change its scope, duration or reason").waitFor();
    await looksRight(page, "approvals-keys");
    await page.keyboard.press("Escape");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.waitForURL(new RegExp(idOf("action", 3)));
    await page.getByRole("heading", { name: /192\.0\.2\.77/ }).waitFor();
    await page.keyboard.press("r");
    await dialog().getByRole("button", { name: "Read what you sign" }).click();
    expect(await dialog().getByRole("region", { name: "What you sign" }).count()).toBe(0);
    await dialog().getByLabel("Reason").fill("A scanner, not worth a block.");
    await sign("reject");
    await page.getByText("Rejected").first().waitFor();
    expect(stateOf(3)).toBe("rejected");
    await page.getByRole("button", { name: "Ask again" }).click();
    await page.getByText("Asked for again").waitFor();
    await page.getByRole("button", { name: "mara" }).click();
    await page.getByRole("menuitemcheckbox", { name: /Single-key/ }).click();
    await page.goto(`${url}/approvals`);
    await page.getByRole("button", { name: "Approve" }).waitFor();
    await page.keyboard.press("a");
    expect(await dialog().count()).toBe(0);
    await close();
  });

  test("an approver changes scope and duration by e, and then cannot approve it any more", async () => {
    await as("mara");
    await page.goto(`${url}/approvals`);
    await page.getByRole("button", { name: "Approve" }).waitFor();
    await page.keyboard.press("e");
    await dialog().getByText("You then cannot approve it: somebody else has to.").waitFor();
    await dialog().getByLabel("Address or prefix").fill("not an address");
    await dialog().getByRole("button", { name: "Change it" }).click();
    await dialog().getByText("is not an IPv4 or IPv6 address").waitFor();
    await dialog().getByLabel("Address or prefix").fill("203.0.113.8/31");
    await dialog().getByLabel("For how long").selectOption("3600");
    await looksRight(page, "approvals-edit");
    await dialog().getByRole("button", { name: "Change it" }).click();
    await page.getByText("It is revision 2 now, and waits for approval").waitFor();
    await page.getByText("another person has to decide.").waitFor();
    expect(await page.getByRole("button", { name: "Approve" }).isDisabled()).toBe(true);
    expect(api.world.actions[0]).toMatchObject({ target: "203.0.113.8/31", ttlSeconds: 3600, revision: 2 });
    await close();
  });

  test("a dry run that is too old runs again before one approves, and what it says otherwise is shown", async () => {
    await as("mara");
    const old = api.world.actions[0];
    if (old === undefined || old.dryRun === null) throw new Error("the stand-in has no dry run");
    api.world.actions[0] = { ...old, dryRun: { ...old.dryRun, at: at(Date.now() - 40 * 60_000) } };
    await page.goto(`${url}/approvals`);
    await page.getByRole("button", { name: "Approve" }).click();
    await dialog().getByText("says something else now").waitFor();
    await dialog().getByText("its /24 stays as it is").waitFor();
    await looksRight(page, "approve-fresh");
    await sign("approve");
    await page.locator(".stage-done", { hasText: "Approved" }).waitFor();
    expect(api.world.actions[0]?.approvals).toHaveLength(1);
    await close();
  });

  test("of two gates each says who counts and who may; one takes one's own approval back", async () => {
    await as("mara");
    const [first] = api.world.actions;
    if (first?.decision === null || first?.decision === undefined) throw new Error("the stand-in has no decision");
    const requirements = [
      { policyId: "lockdown-needs-two", approvals: 2, roles: ["approver", "security_manager"] },
      { policyId: "wide-needs-manager", approvals: 1, roles: ["security_manager"] },
    ];
    const given = {
      id: idOf("approval", 77),
      by: person(8, "zoë ‮evil‬"),
      roles: ["security_manager"],
      at: at(Date.now() - 60_000),
      comment: "a ".repeat(400),
      counts: true,
    };
    const approvals = [given, { ...given, id: idOf("approval", 78), by: person(9, "left"), counts: false }];
    const justification = `${"very-long-word".repeat(60)} <script>alert(1)</script> \u001b[31m`;
    const warnings = ["lockdown-needs-two asks for 2 other people with the role approver; there is 1"];
    const dryRun = first.dryRun === null ? null : { ...first.dryRun, warnings };
    api.world.actions[0] = {
      ...first,
      decision: { ...first.decision, requirements, bundleDigest: "f".repeat(64) },
      approvals,
      dryRun,
      justification,
      approvalsMissing: 1,
      deadlineAt: at(Date.now() + 12 * 60_000),
      delegations: [{ id: idOf("delegation", 1), from: person(5, "old.account"), endsAt: at(Date.now() + 86_400_000) }],
    };
    await page.goto(`${url}/approvals`);
    await page.getByText("1 of 2").waitFor();
    await page.getByText("1 of 1").waitFor();
    await page.getByText("which does not count").waitFor();
    await page.getByRole("link", { name: "read the one that decided" }).waitFor();
    expect(await page.locator(".decision details").count()).toBe(0);
    await page.getByText("You may approve this on behalf of old.account").waitFor();
    await looksRight(page, "approvals-gates");
    await page.getByRole("button", { name: "Approve" }).click();
    await dialog().getByLabel("In whose place").selectOption(idOf("delegation", 1));
    await sign("approve");
    // The stand-in runs it a moment later; only then is it no longer changed.
    await expect.poll(() => stateOf(1), { timeout: 10_000 }).toBe("executed");
    await page.getByText("mara on behalf of old.account").first().waitFor();
    expect(await page.getByRole("link", { name: "delegation" }).first().getAttribute("href")).toBe(
      "/account#delegations",
    );
    const now = api.world.actions[0];
    if (now === undefined) throw new Error("the action is gone");
    api.world.actions[0] = { ...now, state: "approved", legalMoves: ["withdraw"] };
    await page.goto(`${url}/approvals?tab=history&action=${now.id}`);
    await page.getByRole("button", { name: "Take my approval back" }).click();
    await sign("take it back");
    await page.getByText("Your approval is withdrawn").waitFor();
    expect(api.world.actions[0]?.approvals.map(({ by }) => by.name)).not.toContain("mara");
    await close();
  });

  test("breaking the glass takes a typed word, a reason and a signature, and a review by somebody else is owed", async () => {
    await as("astrid");
    api.world.granted.add("action:break_glass");
    await page.goto(`${url}/approvals`);
    await page.getByRole("button", { name: "Break the glass" }).click();
    await dialog().getByText("It runs at once, and nobody approves it").waitFor();
    await dialog().getByLabel("What cannot wait, and why").fill("The miner spreads.");
    await dialog().getByLabel("Type 203.0.113.9 to go on").fill("203.0.113.90");
    await dialog().getByRole("button", { name: "Read what you sign" }).click();
    expect(await dialog().getByRole("region", { name: "What you sign" }).count()).toBe(0);
    await dialog().getByLabel("Type 203.0.113.9 to go on").fill("203.0.113.9");
    await looksRight(page, "break-glass");
    await sign("run it without approvals");
    await page.getByText("It ran without its approvals").waitFor();
    await page.getByText("A review by somebody else is owed.").waitFor();
    await looksRight(page, "break-glass-used");
    await page.getByRole("tab", { name: /Break-glass/ }).click();
    await page.getByText("by somebody else").first().waitFor();
    expect(await page.getByRole("button", { name: /^Review/ }).count()).toBe(0);
    await close();
    await as("mara");
    await page.goto(`${url}/approvals?tab=break-glass`);
    await page.getByRole("button", { name: /^Review/ }).click();
    await dialog().getByRole("radio", { name: "Not justified" }).check();
    await dialog().getByLabel("Why").fill("Jonas was on duty.");
    await looksRight(page, "break-glass-review");
    await dialog().getByRole("button", { name: "Close the review" }).click();
    await page.getByText("not justified, mara: Jonas was on duty.").waitFor();
    await looksRight(page, "break-glass-list");
    await close();
  });
});
