import { createServer, type AddressInfo } from "node:net";
import type { CDPSession, Page } from "playwright-core";
import { expect, test } from "vitest";
import { builtDirectory } from "../../packages/server/test/built-directory.ts";
import { startServer } from "../../packages/server/test/server-process.ts";
import { axe, hasChromium, launch, open, screenshot } from "../../packages/web/test/chromium.ts";

if (!hasChromium) console.warn("SKIPPED: 1 journey with passkeys, because there is no Chromium (set TYR_CHROMIUM)");

const PASSWORD = "the kettle sang at noon";

/** Passkeys are made for one origin, so the server has to know its port before it starts. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => void probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => void probe.close(resolve));
  return port;
}

/** An authenticator of Chromium's own that says yes (WebDriver extension of WebAuthn Level 3, section 11). */
async function addAuthenticator(cdp: CDPSession, transport: "internal" | "usb"): Promise<string> {
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport,
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return authenticatorId;
}

class Visitor {
  readonly #page: Page;
  readonly #url: string;
  constructor(page: Page, url: string) {
    this.#page = page;
    this.#url = url;
  }
  async leave(): Promise<void> {
    await this.#page.goto(`${this.#url}/account`);
    await this.#page.getByRole("button", { name: "Sign out" }).click();
    await this.#page.getByRole("heading", { name: "Sign in" }).waitFor();
  }
  async typePassword(): Promise<void> {
    await this.#page.getByLabel("Name").fill("alice");
    await this.#page.getByLabel("Password").fill(PASSWORD);
    await this.#page.getByRole("button", { name: "Sign in", exact: true }).click();
    await this.#page.getByLabel("Code").waitFor();
  }
  async arrived(): Promise<void> {
    await this.#page.getByRole("heading", { name: "Overview" }).waitFor();
  }
  async addPasskey(name: string): Promise<void> {
    await this.#page.getByRole("button", { name: "Add a passkey" }).click();
    await this.#page.getByRole("dialog").getByLabel("Name").fill(name);
    await this.#page.getByRole("dialog").getByRole("button", { name: "Make it" }).click();
  }
}

test.skipIf(!hasChromium)(
  "a person adds a passkey because the installation wants one, signs in with it, proves by it, and removes it, in a browser, on the real server",
  async () => {
    using dir = await builtDirectory();
    const port = await freePort();
    await using server = await startServer({
      dataDir: dir.path,
      args: ["--no-sample", "--port", String(port)],
      env: { TYR_SECOND_FACTOR: "all", TYR_PASSKEY_FOR: "users" },
    });
    const url = `http://localhost:${port}`;
    const browser = await launch();
    try {
      const { context, page } = await open(browser, "dark");
      const cdp = await context.newCDPSession(page);
      await cdp.send("WebAuthn.enable");
      const inside = await addAuthenticator(cdp, "internal");
      const alice = new Visitor(page, url);

      await page.goto(`${url}/setup#token=${server.setupToken}`);
      await page.getByLabel("Name").fill("alice");
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Create and sign in" }).click();
      await page.getByText("A second factor is asked for here").waitFor();
      await page.goto(`${url}/incidents`);
      await page.waitForURL(/\/account$/);
      expect(await axe(page)).toEqual([]);
      await screenshot(page, "real-second-factor-first");

      await alice.addPasskey("Laptop");
      const codes = page.getByRole("dialog", { name: "Recovery codes" });
      const [firstCode = ""] = (await codes.locator("pre").innerText()).split("\n");
      await codes.getByRole("button", { name: "I have kept the codes" }).click();
      await page.getByRole("button", { name: "Rename the passkey Laptop" }).waitFor();
      await expect.poll(async () => await page.getByText("A second factor is asked for here").count()).toBe(0);
      await screenshot(page, "real-passkey-added");
      await page.goto(url);
      await alice.arrived();

      await alice.leave();
      await screenshot(page, "real-login-passkey");
      await page.getByRole("button", { name: "Use a passkey" }).click();
      await alice.arrived();

      await alice.leave();
      await alice.typePassword();
      await page.getByLabel("Code").fill(firstCode);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await alice.arrived();
      await page.goto(`${url}/users`);
      await page.getByRole("button", { name: "Create a user" }).click();
      const dialog = page.getByRole("dialog", { name: "Create a user" });
      await dialog.getByRole("textbox", { name: "Name" }).fill("bob");
      await dialog.getByLabel("First password").fill(PASSWORD);
      await dialog.getByRole("button", { name: "Create", exact: true }).click();
      const prompt = page.getByRole("dialog", { name: "Prove that it is you" });
      await prompt.getByText("asks for a passkey").waitFor();
      expect(await axe(page)).toEqual([]);
      await screenshot(page, "real-proof-passkey");
      await prompt.getByRole("button", { name: "Use a passkey" }).click();
      await page.getByText("bob may sign in").waitFor();

      await alice.leave();
      await alice.typePassword();
      await page.getByRole("button", { name: "Use a passkey" }).click();
      await alice.arrived();

      await page.goto(`${url}/account`);
      await page.getByRole("button", { name: "Remove the passkey Laptop" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove it" }).click();
      await page.getByText("a second factor is asked for here: add another first").waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
      await alice.addPasskey("Laptop again");
      await page.getByText("This authenticator holds a passkey of your account already.").waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
      await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: inside });
      await addAuthenticator(cdp, "usb");
      await alice.addPasskey("Key on the ring");
      await page.getByRole("button", { name: "Rename the passkey Key on the ring" }).waitFor();
      await page.getByRole("button", { name: "Remove the passkey Laptop" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove it" }).click();
      await page.getByText("your other sessions have ended").waitFor();
      await alice.leave();
      await page.getByRole("button", { name: "Use a passkey" }).click();
      await alice.arrived();
    } finally {
      await browser.close();
    }
  },
  180_000,
);
