import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

const executablePath = process.env["TYR_CHROMIUM"] ?? "/usr/bin/chromium";
export const hasChromium = existsSync(executablePath);
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const SHOTS = join(import.meta.dirname, "../dist/screenshots");

export const launch = async (): Promise<Browser> => await chromium.launch({ executablePath, args: FLAGS });

export type Theme = "light" | "dark";
export type Opened = Readonly<{ context: BrowserContext; page: Page; complaints: string[] }>;

/** A fresh profile; everything the browser complains about (errors, refused by policy) is kept. */
export async function open(browser: Browser, theme: Theme): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return { context, page, complaints };
}

export async function signIn(page: Page, url: string, name: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill("a long enough pass phrase");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Screens" }).waitFor();
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
type AxeResult = {
  violations: { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] }[];
};

const EVERYTHING = {
  type: "tag",
  values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
};
/** What a second theme can break where the first was looked at in full: themes differ in colours alone. */
const COLOURS = { type: "rule", values: ["color-contrast", "link-in-text-block"] };

/**
 * Every rule of WCAG 2.0 to 2.2, A and AA, and the good-practice ones; or of these those about colours. Evaluated through the
 * debugger, so the policy stays strict.
 */
export async function axe(page: Page, about: "everything" | "colours" = "everything"): Promise<readonly string[]> {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeSource);
  const result = await page.evaluate(
    async (runOnly) => {
      const { axe: runner } = globalThis as unknown as { axe: { run: (options: object) => Promise<AxeResult> } };
      // Of what passes, axe would else make a selector for every element.
      const { violations } = await runner.run({ runOnly, resultTypes: ["violations"] });
      return { violations };
    },
    about === "colours" ? COLOURS : EVERYTHING,
  );
  return result.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")} – ${node.failureSummary ?? rule.help}`),
  );
}

/** For people to look at; where nobody will, it is not taken: hundreds take half a minute. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env["CI"] !== undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}
