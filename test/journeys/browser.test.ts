import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { startServer, temporaryDirectory } from "../../packages/server/test/server-process.ts";
import { axe, hasChromium, launch, open, screenshot } from "../../packages/web/test/chromium.ts";

if (!hasChromium)
  console.warn("SKIPPED: 1 browser journey against the real server, because there is no Chromium (set TYR_CHROMIUM)");

/** The replay of the sample goes on behind the first screens: waits until something waits for approval. */
async function untilSomethingWaits(page: Page): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    const waiting = await page.evaluate(async () => {
      const answer = await fetch("/api/v1/actions?waiting=true");
      const status = (await (await fetch("/api/v1/status")).json()) as {
        imports: { state: string }[];
        pipeline: { lag: number }[];
      };
      const settled =
        status.imports.every((one) => one.state !== "running") && status.pipeline.every((one) => one.lag === 0);
      return settled ? ((await answer.json()) as { items: unknown[] }).items.length : 0;
    });
    if (waiting > 0) return;
    await sleep(500);
  }
  throw new Error("no block ever waited for approval");
}

test.skipIf(!hasChromium)(
  "from the printed link to a block that waits for its approval and a verified log, in a browser, on the real server",
  async () => {
    using dir = temporaryDirectory();
    await using server = await startServer({ dataDir: dir.path });
    const browser = await launch();
    try {
      const { page, complaints } = await open(browser, "dark");
      await page.goto(`${server.url}/setup#token=${server.setupToken}`);
      await page.getByLabel("Name").fill("alice");
      await page.getByLabel("Password").fill("the kettle sang at noon");
      await page.getByRole("button", { name: "Create and sign in" }).click();
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      await untilSomethingWaits(page);
      await page.reload();
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      await sleep(1_000);
      expect(await axe(page)).toEqual([]);
      await screenshot(page, "real-overview-dark");
      await page.emulateMedia({ colorScheme: "light" });
      await screenshot(page, "real-overview-light");

      await page.getByRole("link", { name: "Incidents" }).first().click();
      await page.locator("tbody .row-link").first().click();
      await page.getByRole("tab", { name: "Timeline" }).waitFor();
      await sleep(500);
      expect(await axe(page)).toEqual([]);
      await screenshot(page, "real-incident");

      await page.getByRole("link", { name: "Events" }).first().click();
      await page.locator("tbody .row-link").first().click();
      await sleep(500);
      expect(await axe(page)).toEqual([]);
      await screenshot(page, "real-events");

      await page.getByRole("link", { name: "Approvals" }).first().click();
      await page.getByRole("button", { name: "Approve" }).first().waitFor();
      expect(await axe(page)).toEqual([]);
      await screenshot(page, "real-approvals");
      await page.getByRole("button", { name: "Approve" }).first().click();
      // Decisions are signed, and browsers use no passkey at a bare address: `approval.test.ts` has a name.
      const dialog = page.getByRole("dialog");
      await dialog.getByText("browsers use no passkey at this address").waitFor();
      expect(await axe(page)).toEqual([]);
      await screenshot(page, "real-approve-nothing-to-sign-with");
      await dialog.getByRole("button", { name: "Not now" }).click();

      await page.getByRole("link", { name: "Audit" }).first().click();
      await page.getByRole("button", { name: "Verify" }).first().click();
      await page
        .getByText(/verifies|intact|no problem/i)
        .first()
        .waitFor();
      expect(await axe(page)).toEqual([]);
      await screenshot(page, "real-audit-verified");

      await page.getByRole("link", { name: "Sensors" }).first().click();
      await page.getByText("sample-ssh").first().waitFor();
      expect(await axe(page)).toEqual([]);
      await screenshot(page, "real-sensors");
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  },
);
