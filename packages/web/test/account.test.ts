import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axe, hasChromium, launch, open, screenshot, signIn } from "./chromium.ts";
import { startFakeApi, type FakeApi } from "./fake-api.ts";
import { GOOD_CODE } from "./fake/account.ts";
import { twoPasskeys } from "./fake/passkeys.ts";
import { idOf } from "./fake/make.ts";
import { makeWorld } from "./fake/world.ts";

if (!hasChromium)
  console.warn("SKIPPED: 7 browser journeys of one's account, because there is no Chromium (set TYR_CHROMIUM)");

describe.skipIf(!hasChromium)("one's own account in the application", () => {
  let api: FakeApi;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let close: () => Promise<void>;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => await browser?.close());

  async function as(name: string, place: string): Promise<void> {
    api = await startFakeApi(makeWorld(Date.now()));
    const opened = await open(browser, "light");
    ({ page, complaints } = opened);
    await signIn(page, api.url, name);
    await page.goto(api.url + place);
    await page.locator("h1").waitFor();
    close = async () => {
      // The browser writes down every refusal; these are what the journeys are about.
      expect(complaints.filter((one) => !/status of 4(01|03|22)/.test(one))).toEqual([]);
      await opened.context.close();
      await api.close();
      expect(api.faults).toEqual([]);
    };
  }

  const dialog = () => page.getByRole("dialog");

  async function looksRight(name: string): Promise<void> {
    expect(await axe(page)).toEqual([]);
    await screenshot(page, `light-${name}`);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await axe(page)).toEqual([]);
    await screenshot(page, `dark-${name}`);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 390, height: 844 });
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);
    expect([name, Math.max(0, beyond)]).toEqual([name, 0]);
    await screenshot(page, `mobile-${name}`);
    await page.setViewportSize({ width: 1280, height: 800 });
  }

  test("an authenticator is added with a code it shows; the recovery codes are shown once", async () => {
    await as("mara", "/account");
    await page.getByRole("button", { name: "Add an authenticator application" }).click();
    await dialog().getByRole("button", { name: "Show the secret" }).click();
    await dialog().getByText("GEZD GNBV").waitFor();
    await looksRight("account-totp");
    await dialog().getByLabel("Code").fill("000000");
    await dialog().getByRole("button", { name: "Confirm" }).click();
    await dialog().getByText("PROOF_WRONG").waitFor();
    await dialog().getByLabel("Code").fill(GOOD_CODE);
    await dialog().getByRole("button", { name: "Confirm" }).click();
    await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
    await page.keyboard.press("Escape");
    await looksRight("account-recovery-codes");
    await dialog().getByRole("button", { name: "I have kept the codes" }).click();
    await dialog().getByText("You are signed in 2 times besides this session").waitFor();
    await looksRight("account-offer");
    await dialog().getByRole("button", { name: "Keep them" }).click();
    await page.getByText("10 of 10 left").waitFor();
    expect(await page.content()).not.toContain("FGHIJK-LMNOPQ");
    await looksRight("account-with-totp");
    await close();
  });

  test("whoever has an authenticator is asked for its code when signing in, and not before", async () => {
    await as("mara", "/account");
    api.world.account.methods = { ...api.world.account.methods, totp: { since: new Date().toISOString() } };
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Name").fill("mara");
    await page.getByLabel("Password").fill("a long enough pass phrase");
    expect(await page.getByLabel("Code").count()).toBe(0);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Code").waitFor();
    await looksRight("login-code");
    await page.getByLabel("Code").fill(GOOD_CODE);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await close();
  });

  test("passkeys are listed with what became of them, renamed and removed; where none can be added is said", async () => {
    await as("mara", "/account");
    await page.getByText("None. A passkey signs you in").waitFor();
    api.world.account.passkeys = twoPasskeys();
    await page.reload();
    const rows = page.getByRole("region", { name: "Your passkeys" }).locator("tbody tr");
    await page.getByText("A passkey may have been copied").waitFor();
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(/Firefox 144 on Linux\s+synchronized[^]*active/),
      expect.stringMatching(/Key <b>on<\/b> the ring\s+one device[^]*refused/),
    ]);
    await page.getByText("Passkeys work at http://localhost:8970 only").waitFor();
    expect(await page.getByRole("button", { name: "Add a passkey" }).count()).toBe(0);
    await looksRight("account-passkeys");
    await page.getByRole("button", { name: "Rename the passkey Firefox 144 on Linux" }).click();
    await dialog().getByLabel("Name").fill("Desk");
    await dialog().getByRole("button", { name: "Rename" }).click();
    await page.getByRole("button", { name: "Rename the passkey Desk" }).waitFor();
    await page.getByRole("button", { name: "Remove the passkey Key <b>on</b> the ring" }).click();
    await looksRight("account-passkey-remove");
    await dialog().getByRole("button", { name: "Remove it" }).click();
    await page.getByText("your other sessions have ended").waitFor();
    await expect.poll(async () => await rows.count()).toBe(1);
    expect(await page.getByText("may have been copied").count()).toBe(0);
    await close();
  });

  test("the password is changed when the new one was typed the same twice", async () => {
    await as("mara", "/account");
    await page.getByRole("button", { name: "Change the password" }).click();
    await dialog().getByLabel("Current password").fill("a long enough pass phrase");
    await dialog().getByLabel("New password", { exact: true }).fill("three grey herons wait");
    await dialog().getByLabel("New password again").fill("three grey herons late");
    await dialog().getByRole("button", { name: "Change it" }).click();
    await dialog().getByText("The two new passwords are not the same.").waitFor();
    await looksRight("account-password");
    await dialog().getByLabel("New password again").fill("three grey herons wait");
    await dialog().getByRole("button", { name: "Change it" }).click();
    await page.getByText("your other sessions have ended").waitFor();
    await expect.poll(async () => await page.getByRole("button", { name: "End the" }).count()).toBe(0);
    await close();
  });

  test("whoever was given a password chooses their own before anything else opens", async () => {
    await as("mara", "/account");
    api.world.account.mustChangePassword = true;
    await page.goto(`${api.url}/incidents`);
    await page.getByText("Choose a password of your own").waitFor();
    expect(new URL(page.url()).pathname).toBe("/account");
    await looksRight("account-first-password");
    await page.keyboard.press("Escape");
    expect(await page.getByRole("heading", { name: "Sessions" }).count()).toBe(0);
    await looksRight("account-first-password-notice");
    await page.getByRole("button", { name: "Choose your password" }).click();
    await dialog().getByLabel("Current password").fill("given away on the phone");
    await dialog().getByLabel("New password", { exact: true }).fill("three grey herons wait");
    await dialog().getByLabel("New password again").fill("three grey herons wait");
    await dialog().getByRole("button", { name: "Change it" }).click();
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    expect(await page.getByText("Choose a password of your own").count()).toBe(0);
    await page.goto(`${api.url}/incidents`);
    await page.getByRole("heading", { name: "Incidents" }).waitFor();
    await close();
  });

  test("what asks for a recent proof asks for it, and then goes on by itself; without one nothing is done", async () => {
    await as("mara", "/account");
    api.world.account.methods = { ...api.world.account.methods, totp: { since: new Date().toISOString() } };
    api.world.account.proofIsOld = true;
    await page.goto(`${api.url}/approvals?tab=history&action=${idOf("action", 4)}`);
    const state = () => api.world.actions.find((action) => action.id === idOf("action", 4))?.state;
    await page.getByRole("button", { name: "Revert" }).click();
    await dialog().getByLabel("Reason").fill("It was ours.");
    await dialog().getByRole("button", { name: "Revert this block" }).click();
    const prompt = page.getByRole("dialog", { name: "Prove that it is you" });
    await prompt.waitFor();
    await looksRight("proof");
    await prompt.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("STEP_UP_NEEDED").waitFor();
    expect(state()).toBe("executed");
    await dialog().getByRole("button", { name: "Revert this block" }).click();
    await prompt.getByLabel("Password").fill("wrong");
    await prompt.getByRole("button", { name: "Go on" }).click();
    await prompt.getByText("PROOF_WRONG").waitFor();
    await prompt.getByLabel("Password").fill("a long enough pass phrase");
    await prompt.getByRole("button", { name: "Go on" }).click();
    await prompt.getByLabel("Code").fill(GOOD_CODE);
    await prompt.getByRole("button", { name: "Go on" }).click();
    await expect.poll(state).toBe("reverted");
    await close();
  });

  test("an administrator ends somebody's sessions, unlocks a password, and helps back in who lost everything", async () => {
    await as("astrid", `/users?user=${idOf("subject", 3)}`);
    await page.getByRole("button", { name: "End sessions" }).click();
    await dialog().getByRole("button", { name: "End them" }).click();
    await page.getByText("is signed in nowhere").waitFor();
    await page.getByRole("button", { name: /^Unlock/ }).click();
    await page.getByText("counts, whatever failed before").waitFor();
    await page.getByRole("button", { name: "Reset sign-in" }).click();
    await dialog().getByLabel("New first password").fill("three grey herons wait");
    await looksRight("user-reset");
    await dialog().getByRole("button", { name: "Reset", exact: true }).click();
    await page.getByText("signs in with the new password").waitFor();
    expect(await dialog().count()).toBe(0);
    await close();
  });
});
