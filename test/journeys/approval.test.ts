import { execFile } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser, CDPSession, Page } from "playwright-core";
import { expect, test } from "vitest";
import { tyr } from "../../packages/cli/test/tyr.ts";
import { builtDirectory } from "../../packages/server/test/built-directory.ts";
import { addUser, PASSWORD, setUp, startServer } from "../../packages/server/test/server-process.ts";
import { axe, hasChromium, launch, open, screenshot, type Opened } from "../../packages/web/test/chromium.ts";
import { readExported, wrongWith } from "./third-party.ts";

if (!hasChromium)
  console.warn("SKIPPED: 1 journey of a signed approval, because there is no Chromium (set TYR_CHROMIUM)");

const TARGET = "203.0.113.77";

/** Passkeys are made for one origin, so the server has to know its port before it starts. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => void probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => void probe.close(resolve));
  return port;
}

/** An authenticator of Chromium's own that says yes (WebDriver extension of WebAuthn Level 3, section 11). */
async function addAuthenticator(cdp: CDPSession): Promise<void> {
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

async function signIn(page: Page, url: string, name: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

/** One person asks for a block, having seen its dry run. @returns the link to the request, as messages to the others have it */
async function propose(browser: Browser, url: string): Promise<string> {
  const { context, page } = await open(browser, "light");
  await signIn(page, url, "alice");
  await page.goto(`${url}/approvals`);
  await page.getByText("Nothing waits for a decision").waitFor();
  await page.getByRole("button", { name: "Request a block" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Address or prefix").fill(TARGET);
  await dialog.getByLabel("Justification").fill("Guessing passwords for an hour.");
  await dialog.getByRole("button", { name: "Run dry first" }).click();
  await dialog.getByText("would work").waitFor();
  await dialog.getByRole("button", { name: "Ask for approval" }).click();
  await dialog.getByRole("link", { name: "Follow it" }).click();
  await page.getByText("You asked for this, so another person has to decide.").waitFor();
  const id = new URL(page.url()).searchParams.get("action");
  await context.close();
  return `${url}/approvals/${id ?? ""}`;
}

/** Another person, who is to decide, makes a passkey first: without anybody who could sign, nothing is asked for. */
async function becomeSigner(browser: Browser, url: string): Promise<Opened> {
  const opened = await open(browser, "dark");
  const { context, page } = opened;
  await addAuthenticator(await context.newCDPSession(page));
  await signIn(page, url, "bob");
  await page.goto(`${url}/account`);
  await page.getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Laptop");
  await dialog.getByRole("button", { name: "Make it" }).click();
  await dialog.getByRole("button", { name: "I have kept the codes" }).click();
  await context.clearCookies();
  return opened;
}

/** They come by that link, sign in, stand before that very request, read, sign, and see it run. */
async function decide({ context, page, complaints }: Opened, link: string): Promise<void> {
  complaints.length = 0;
  await page.goto(link);
  await page.getByText("Sign in to go on to where you were.").waitFor();
  await page.getByRole("button", { name: /passkey/ }).click();
  await page.waitForURL(link);
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "Approve" }).waitFor();
  expect(await axe(page)).toEqual([]);
  await screenshot(page, "real-approval");
  await page.keyboard.press("a");
  await dialog.getByLabel("Comment").fill("Seen it too.");
  await dialog.getByRole("button", { name: "Read what you sign" }).click();
  await dialog.getByText(`block_ip ${TARGET}`).waitFor();
  expect(await axe(page)).toEqual([]);
  await screenshot(page, "real-approval-sign");
  await dialog.getByRole("button", { name: "Sign: approve" }).click();
  await page.locator(".stage-done", { hasText: "Executed" }).waitFor();
  await page.getByText("“Seen it too.”").waitFor();
  await screenshot(page, "real-approval-executed");
  // Whoever comes by a link without a session is refused first.
  expect(complaints.filter((one) => !one.includes("status of 401"))).toEqual([]);
  await context.close();
}

test.skipIf(!hasChromium)(
  "one person proposes, another signs with a passkey in a browser, it runs, and a third party checks the approval from the exported log",
  async () => {
    using dir = await builtDirectory();
    const port = await freePort();
    await using server = await startServer({ dataDir: dir.path, args: ["--no-sample", "--port", String(port)] });
    const url = `http://localhost:${port}`;
    await addUser(await setUp(server), server.url, { name: "bob", roles: ["security_manager"] });
    const browser = await launch();
    try {
      const bob = await becomeSigner(browser, url);
      await decide(bob, await propose(browser, url));
    } finally {
      await browser.close();
    }

    const home = dir.path;
    const env = { TYR_URL: server.url };
    const login = await tyr(["login", "--name", "alice", "--password-stdin"], { home, env, stdin: `${PASSWORD}\n` });
    expect(login).toMatchObject({ code: 0 });
    const exported = join(dir.path, "export");
    expect(await tyr(["audit", "export", exported], { home, env })).toMatchObject({ code: 0 });
    const script = fileURLToPath(new URL("../../scripts/verify-approvals.mjs", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, exported]);
    expect(stdout).toMatch(/1 signed decisions, 1 actions ran: all holds/);
    const entries = readExported(exported);
    const approval = entries.find(({ type }) => type === "action.approval_recorded");
    if (approval === undefined) throw new Error("the export holds no approval");
    const { details } = approval;
    expect(details).toMatchObject({ signature_kind: "passkey" });
    expect(JSON.parse(String(details["statement"]))).toMatchObject({
      statement: "approve",
      action_id: approval.object?.id,
      target: TARGET,
      reason: "Seen it too.",
    });
    expect(wrongWith({ details, rpId: "localhost" })).toBeUndefined();
    const other = String(details["statement"]).replace(TARGET, "203.0.113.78");
    expect(wrongWith({ details: { ...details, statement: other }, rpId: "localhost" })).toBe("another text was signed");
    expect(wrongWith({ details, rpId: "tyr.example" })).toBe("it was signed for another site");
  },
);
