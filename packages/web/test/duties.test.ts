import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasChromium, launch } from "./chromium.ts";
import { looksRight, sitDown } from "./desk.ts";
import type { FakeApi } from "./fake-api.ts";
import { idOf } from "./fake/make.ts";

if (!hasChromium)
  console.warn("SKIPPED: 6 browser journeys of users and roles, because there is no Chromium (set TYR_CHROMIUM)");

const REVIEW = "/reviews?review=rvw_00000000-0000-7000-8000-000000000001";

describe.skipIf(!hasChromium)("users, roles and what one person must not hold together", () => {
  let api: FakeApi;
  let browser: Browser;
  let page: Page;
  let close: () => Promise<void>;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => await browser?.close());

  async function asAstrid(place: string): Promise<void> {
    ({ api, page, close } = await sitDown(browser, { name: "astrid", place, refusals: /^(401|403|422|500)$/ }));
  }
  const dialog = () => page.getByRole("dialog");

  test("an administrator grants an exception after proving it is them, and ends it; nobody grants their own", async () => {
    await asAstrid("/roles");
    api.world.account.proofIsOld = true;
    await page.getByRole("button", { name: "Grant an exception" }).click();
    await dialog().getByLabel("Who").selectOption("jonas");
    await dialog().getByLabel("Pair").selectOption("request-approve");
    await dialog().getByLabel("Reason").fill("two of us in August");
    await looksRight(page, "duty-except");
    await dialog().getByRole("button", { name: "Grant", exact: true }).click();
    const prompt = page.getByRole("dialog", { name: "Prove that it is you" });
    await prompt.getByLabel("Password").fill("a long enough pass phrase");
    await prompt.getByRole("button", { name: "Go on" }).click();
    const exceptions = page.getByRole("region", { name: "Exceptions from the separation of duties" });
    await exceptions.getByText("two of us in August").waitFor();
    expect(api.world.duties.exceptions.map(({ subject }) => subject.name)).toEqual(["mara", "jonas"]);
    await exceptions.getByRole("button", { name: /^End the exception of jonas/ }).click();
    await dialog().getByRole("button", { name: "End the exception" }).click();
    await page.getByText("jonas is no longer excepted").waitFor();
    await page.getByRole("button", { name: /^Except astrid from users-approve/ }).click();
    expect(await dialog().getByLabel("Who").inputValue()).toBe(idOf("subject", 2));
    await dialog().getByLabel("Reason").fill("because I say so");
    await dialog().getByRole("button", { name: "Grant", exact: true }).click();
    await dialog().getByText("OWN_ACCESS").waitFor();
    await looksRight(page, "duty-except-refused");
    await close();
  });

  test("a pair of one's own is added with two sides that differ, and removed", async () => {
    await asAstrid("/roles");
    await page.getByRole("button", { name: "Keep two things apart" }).click();
    await dialog().getByLabel("Nobody holds").selectOption("viewer");
    await dialog().getByLabel("Together with").selectOption("viewer");
    await dialog().getByLabel("Reason").fill("an <b>auditor</b> acts on nothing");
    await dialog().getByRole("button", { name: "Add the pair" }).click();
    await dialog().getByText("Choose two that differ.").waitFor();
    await dialog().getByLabel("Together with").selectOption("action:request");
    await looksRight(page, "duty-pair");
    await dialog().getByRole("button", { name: "Add the pair" }).click();
    await page.getByText("an <b>auditor</b> acts on nothing").waitFor();
    await page.getByRole("button", { name: "Remove the pair viewer and action:request" }).click();
    await dialog().getByRole("button", { name: "Remove the pair" }).click();
    await page.getByText("is a pair no more").waitFor();
    expect(api.world.duties.pairs.every(({ builtIn }) => builtIn)).toBe(true);
    await close();
  });

  test("the list of users says who can be guessed, who is locked and whose account is managed; who was erased is not edited", async () => {
    await asAstrid(`/users?user=${idOf("subject", 6)}`);
    const rows = page.getByRole("region", { name: "Users", exact: true }).locator("tbody tr");
    const row = async (name: string) => (await rows.filter({ hasText: name }).innerText()).replaceAll(/\s+/g, " ");
    expect(await row("mara")).toMatch(/active authenticator, 2 passkeys Tyr/);
    expect(await row("vik")).toMatch(/active none Tyr/);
    expect(await row("lena")).toMatch(/active locked single sign-on Corporate/);
    await page.getByText("failed 100 times in a row").waitFor();
    expect(await page.getByRole("button", { name: "Save roles" }).isDisabled()).toBe(true);
    expect(await page.getByRole("checkbox", { name: /^viewer/ }).isDisabled()).toBe(true);
    await looksRight(page, "user-locked");
    await page.goto(`${api.url}/users?user=${idOf("subject", 7)}`);
    await page.getByText("This person was erased").waitFor();
    expect(await page.getByRole("complementary").getByRole("checkbox").count()).toBe(0);
    expect(await page.getByRole("complementary").getByRole("button").count()).toBe(1);
    await looksRight(page, "user-erased");
    await close();
  });

  test("the matrix of roles is scrolled with the keyboard, and stays inside a telephone", async () => {
    await asAstrid("/roles");
    const matrix = page.getByRole("region", { name: "Permissions of every role" });
    await matrix.focus();
    await page.keyboard.press("End");
    await expect.poll(async () => await matrix.evaluate((element) => element.scrollTop)).toBeGreaterThan(0);
    const approve = matrix.getByRole("row", { name: /action:approve/ });
    expect((await approve.getByRole("cell").allInnerTexts()).filter((text) => text.includes("yes"))).toHaveLength(2);
    await looksRight(page, "role-matrix");
    await close();
  });

  test("on a row's box k keeps and r revokes what is picked, and neither without a reason", async () => {
    await asAstrid(REVIEW);
    const [jonas, vik] = [page.getByLabel("Pick jonas"), page.getByLabel("Pick vik")];
    const said = (name: string) =>
      api.world.review.items.find(({ target }) => target.name === name)?.decision?.decision;
    await vik.focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("r");
    expect(said("vik")).toBeUndefined();
    await page.getByLabel("Reason").fill("left the night shift, keeps the rest");
    expect(said("vik")).toBeUndefined();
    await vik.focus();
    await page.keyboard.press("r");
    await expect.poll(() => said("vik")).toBe("revoke");
    await expect.poll(async () => await vik.isChecked()).toBe(false);
    await jonas.focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("k");
    await page.getByRole("row", { name: /jonas/ }).getByText("astrid").waitFor();
    expect([said("jonas"), said("vik")]).toEqual(["keep", "revoke"]);
    await looksRight(page, "review-decided");
    await close();
  });

  test("where the server answers with an error the screens say so and offer nothing to change", async () => {
    await asAstrid("/users");
    for (const [place, path] of [
      ["/users", "**/api/v1/users"],
      ["/roles", "**/api/v1/roles"],
    ] as const) {
      const problem = { type: "about:blank", title: "The store failed", status: 500, code: "INTERNAL" };
      const body = JSON.stringify({ ...problem, detail: "it is written down", help: "Try again.", requestId: "req_1" });
      await page.route(
        path,
        async (route) => await route.fulfill({ status: 500, contentType: "application/problem+json", body }),
      );
      await page.goto(api.url + place);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.getByRole("alert").first().waitFor();
      await looksRight(page, `error${place.replace("/", "-")}`);
      expect(await page.getByRole("region", { name: "Permissions of every role" }).count()).toBe(0);
    }
    await close();
  });
});
