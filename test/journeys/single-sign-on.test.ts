import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test, vi } from "vitest";
import {
  CLIENT_SECRET,
  startRealProvider,
} from "../../packages/server/src/identity/federation/testing/real-provider.ts";
import { builtDirectory } from "../../packages/server/test/built-directory.ts";
import { clientOf, PASSWORD, startServer } from "../../packages/server/test/server-process.ts";
import { axe, hasChromium, launch, open, screenshot } from "../../packages/web/test/chromium.ts";

if (!hasChromium)
  console.warn("SKIPPED: 1 browser journey through a provider, because there is no Chromium (set TYR_CHROMIUM)");

/** A port nobody uses: the redirect address is registered before the server is there. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

/** The provider's own pages: who it is, and that Tyr may know. */
async function signInThere(page: Page, login: string): Promise<void> {
  await page.locator('input[name="login"]').fill(login);
  await page.locator('input[name="password"]').fill("any");
  await page.locator('button[type="submit"]').click();
  await page.waitForLoadState();
  const consent = page.locator('input[name="prompt"][value="consent"]');
  if ((await consent.count()) > 0) await page.locator('button[type="submit"]').click();
}

test.skipIf(!hasChromium)(
  "somebody without a password here signs in through a provider, proves there again who they are, and keeps their only way in",
  async () => {
    vi.spyOn(console, "info").mockReturnValue();
    vi.spyOn(console, "warn").mockReturnValue();
    using dir = await builtDirectory();
    const port = await freePort();
    const publicUrl = `http://127.0.0.1:${port}`;
    await using there = await startRealProvider({ callback: `${publicUrl}/sso/corp`, groupsOf: () => ["soc"] });
    const { issuer } = there;
    const [ssoFile, clientSecretFile] = [join(dir.path, "sso.json"), join(dir.path, "client-secret")];
    writeFileSync(clientSecretFile, CLIENT_SECRET, { mode: 0o600 });
    const corp = {
      id: "corp",
      name: "Corp",
      issuer,
      clientId: "tyr",
      clientSecretFile,
      autoProvision: true,
    };
    const claims = { groupsClaim: "groups", roles: { soc: ["analyst"] } };
    writeFileSync(ssoFile, JSON.stringify({ providers: [{ ...corp, ...claims }] }), { mode: 0o600 });
    await using server = await startServer({
      dataDir: join(dir.path, "data"),
      args: ["--no-sample", "--port", String(port), "--public-url", publicUrl],
      env: { TYR_SSO_FILE: ssoFile },
    });
    const first = { token: server.setupToken ?? "", name: "alice", password: PASSWORD };
    await clientOf(server.url).call("setup.complete", { body: first });
    await using stack = new AsyncDisposableStack();
    const browser = await launch();
    stack.defer(async () => await browser.close());
    const { page, context } = await open(browser, "light");
    // The provider's pages ask for fonts of the internet, and would wait for them where there is none.
    await context.route(
      ({ hostname }) => hostname !== "127.0.0.1",
      async (route) => await route.abort(),
    );

    await page.goto(`${server.url}/account`);
    await page.getByRole("button", { name: "Sign in with Corp" }).waitFor();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "real-sso-login");
    await page.getByRole("button", { name: "Sign in with Corp" }).click();
    await signInThere(page, "grace");
    await page.getByRole("heading", { name: "grace" }).waitFor();
    await page.getByRole("heading", { name: "Other systems" }).waitFor();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "real-sso-account");

    // The proof of signing in is minutes old only: what asks for one goes on, and what would shut her out does not.
    const unlink = async (): Promise<void> => {
      await page.getByRole("button", { name: "Unlink corp" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Unlink it" }).click();
    };
    await unlink();
    await page.getByText("prove first with a password or a passkey that there is another way in").waitFor();
    await screenshot(page, "real-sso-only-way");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();

    // Six minutes later her proof is too old.
    await page.route("**/api/v1/account/identities/corp", async (route) => {
      if (route.request().method() !== "DELETE") return await route.fallback();
      const problem = { code: "STEP_UP_NEEDED", title: "x", status: 403, detail: "old", withinSeconds: 300 };
      await route.fulfill({ status: 403, contentType: "application/problem+json", body: JSON.stringify(problem) });
    });
    await unlink();
    const proof = page.getByRole("button", { name: "Prove it with Corp" });
    await proof.waitFor();
    expect(await axe(page)).toEqual([]);
    await screenshot(page, "real-sso-proof");
    await proof.click();
    // Signed in there as she is, the provider asks again.
    await signInThere(page, "grace");
    await page.getByText("It is you").waitFor();
    await page.getByRole("heading", { name: "grace" }).waitFor();
    await page.unroute("**/api/v1/account/identities/corp");

    const admin = clientOf(
      server.url,
      (await clientOf(server.url).call("session.login", { body: { name: "alice", password: PASSWORD, token: true } }))
        .token,
    );
    const { items } = await admin.call("audit.list", { query: { type: "session.proved", limit: 10 } });
    expect(items).toMatchObject([
      { actor: { name: "grace" }, outcome: "success", origin: { client: "browser", address: "127.0.0.1" } },
    ]);
  },
  120_000,
);
