import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasChromium, launch } from "./chromium.ts";
import { looksRight, sitDown } from "./desk.ts";
import type { FakeApi } from "./fake-api.ts";
import { GOOD_CODE } from "./fake/account.ts";
import { twoApprovalKeys } from "./fake/approval-keys.ts";
import { twoPasskeys } from "./fake/passkeys.ts";
import { idOf } from "./fake/make.ts";

if (!hasChromium)
  console.warn("SKIPPED: 8 browser journeys of one's account, because there is no Chromium (set TYR_CHROMIUM)");

describe.skipIf(!hasChromium)("one's own account in the application", () => {
  let api: FakeApi;
  let browser: Browser;
  let page: Page;
  let close: () => Promise<void>;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => await browser?.close());

  async function as(name: string, place: string): Promise<void> {
    ({ api, page, close } = await sitDown(browser, { name, place, refusals: /^4(01|03|09|22)$/ }));
  }

  const dialog = () => page.getByRole("dialog");

  test("an authenticator is added with a code it shows; the recovery codes are shown once", async () => {
    await as("mara", "/account");
    await page.getByRole("button", { name: "Add an authenticator application" }).click();
    await dialog().getByRole("button", { name: "Show the secret" }).click();
    await dialog().getByText("GEZD GNBV").waitFor();
    await looksRight(page, "account-totp");
    await dialog().getByLabel("Code").fill("000000");
    await dialog().getByRole("button", { name: "Confirm" }).click();
    await dialog().getByText("PROOF_WRONG").waitFor();
    await dialog().getByLabel("Code").fill(GOOD_CODE);
    await dialog().getByRole("button", { name: "Confirm" }).click();
    await page.getByRole("heading", { name: "Recovery codes" }).waitFor();
    await page.keyboard.press("Escape");
    await looksRight(page, "account-recovery-codes");
    await dialog().getByRole("button", { name: "I have kept the codes" }).click();
    await dialog().getByText("You are signed in 2 times besides this session").waitFor();
    await looksRight(page, "account-offer");
    await dialog().getByRole("button", { name: "Keep them" }).click();
    await page.getByText("10 of 10 left").waitFor();
    expect(await page.content()).not.toContain("FGHIJK-LMNOPQ");
    await looksRight(page, "account-with-totp");
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
    await looksRight(page, "login-code");
    await page.getByLabel("Code").fill(GOOD_CODE);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await close();
  });

  test("passkeys and approval keys are listed with what became of them, and taken away after a proof; where none can be added is said", async () => {
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
    await looksRight(page, "account-passkeys");
    await page.getByRole("button", { name: "Rename the passkey Firefox 144 on Linux" }).click();
    await dialog().getByLabel("Name").fill("Desk");
    await dialog().getByRole("button", { name: "Rename" }).click();
    await page.getByRole("button", { name: "Rename the passkey Desk" }).waitFor();
    await page.getByRole("button", { name: "Remove the passkey Key <b>on</b> the ring" }).click();
    await looksRight(page, "account-passkey-remove");
    await dialog().getByRole("button", { name: "Remove it" }).click();
    await page.getByText("your other sessions have ended").waitFor();
    await expect.poll(async () => await rows.count()).toBe(1);
    expect(await page.getByText("may have been copied").count()).toBe(0);
    await page.getByText("None. With a key of your own you sign decisions in a terminal").waitFor();
    api.world.account.approvalKeys = twoApprovalKeys();
    await page.reload();
    const keys = page.getByRole("region", { name: "Your approval keys" }).locator("tbody tr");
    await keys.first().waitFor();
    expect(await keys.allInnerTexts()).toEqual([
      expect.stringMatching(/workstation <b>7<\/b>[^]*active[^]*4 h ago[^]*Revoke/),
      expect.stringMatching(/the laptop that was stolen[^]*revoked[^]*never/),
    ]);
    await looksRight(page, "account-approval-keys");
    api.world.account.proofIsOld = true;
    await keys.getByRole("button", { name: "Revoke the approval key workstation <b>7</b>" }).click();
    await dialog().getByRole("button", { name: "Revoke it" }).click();
    const prompt = page.getByRole("dialog", { name: "Prove that it is you" });
    await prompt.getByLabel("Password").fill("a long enough pass phrase");
    await prompt.getByRole("button", { name: "Go on" }).click();
    await page.getByText("signs nothing more").first().waitFor();
    await expect.poll(() => api.world.account.approvalKeys.map(({ state }) => state)).toEqual(["revoked", "revoked"]);
    await close();
  });

  test("approving is handed over until a day under one's signature, and what was handed over either way is seen and ended", async () => {
    ({ api, page, close } = await sitDown(browser, {
      name: "mara",
      place: "/account",
      passkeys: 1,
      refusals: /^409$/,
    }));
    const rows = page.getByRole("region", { name: "Delegations" }).locator("tbody tr");
    await rows.first().waitFor();
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(/you in the place of old\.account[^]*in force[^]*approver[^]*On leave, <b>back<\/b>/),
      expect.stringMatching(/old\.account in your place[^]*ended[^]*before its time/),
    ]);
    await page.getByRole("button", { name: "Hand over your approving" }).click();
    await dialog().getByLabel("To", { exact: true }).fill("mara");
    await dialog().getByLabel("Reason").fill("Two days off.");
    const read = dialog().getByRole("button", { name: "Read what you sign" });
    await read.click();
    await dialog().getByText("mara is no active person besides yourself").waitFor();
    await dialog().getByLabel("To", { exact: true }).fill("jonas");
    await looksRight(page, "account-hand-over");
    await read.click();
    await dialog().getByText("delegate", { exact: true }).waitFor();
    await dialog().getByText("jonas then approves in your place.").waitFor();
    await looksRight(page, "account-hand-over-sign");
    expect(api.world.delegations).toHaveLength(2);
    await dialog().getByRole("button", { name: "Sign: hand it over" }).click();
    await page.getByText("jonas approves in your place").first().waitFor();
    await expect.poll(async () => await rows.count()).toBe(3);
    expect(await page.getByRole("button", { name: "Hand over your approving" }).count()).toBe(0);
    await looksRight(page, "account-delegations");
    await rows.getByRole("button", { name: "End the delegation from mara to jonas" }).click();
    await dialog().getByRole("button", { name: "End it" }).click();
    await page.getByRole("button", { name: "Hand over your approving" }).waitFor();
    expect(api.world.delegations.map(({ state }) => state)).toEqual(["ended", "in_force", "ended"]);
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
    await looksRight(page, "account-password");
    await dialog().getByLabel("New password again").fill("three grey herons wait");
    await dialog().getByRole("button", { name: "Change it" }).click();
    await page.getByText("your other sessions have ended").waitFor();
    await expect
      .poll(async () => await page.getByRole("button", { name: /^End the (session|\d+ others)/ }).count())
      .toBe(0);
    await close();
  });

  test("whoever was given a password chooses their own before anything else opens", async () => {
    await as("mara", "/account");
    api.world.account.mustChangePassword = true;
    await page.goto(`${api.url}/incidents`);
    await page.getByText("Choose a password of your own").waitFor();
    expect(new URL(page.url()).pathname).toBe("/account");
    await looksRight(page, "account-first-password");
    await page.keyboard.press("Escape");
    expect(await page.getByRole("heading", { name: "Sessions" }).count()).toBe(0);
    await looksRight(page, "account-first-password-notice");
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
    await looksRight(page, "proof");
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
    await looksRight(page, "user-reset");
    await dialog().getByRole("button", { name: "Reset", exact: true }).click();
    await page.getByText("signs in with the new password").waitFor();
    expect(await dialog().count()).toBe(0);
    await close();
  });
});
