import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answers, answersTo, plainly, type Vectors } from "./answers.ts";
import type { PageReport } from "./browser/page.ts";
import { serve } from "./browser/serve.ts";

const executablePath = process.env["TYR_CHROMIUM"] ?? "/usr/bin/chromium";
const hasChromium = existsSync(executablePath);
if (!hasChromium) console.warn("SKIPPED: the engine in a browser, because there is no Chromium (set TYR_CHROMIUM)");

const room = join(import.meta.dirname, "..");
const bundle = join(room, "dist/browser-test/page.js");

function read(name: string): unknown {
  return (JSON.parse(readFileSync(join(room, "vectors", `${name}.json`), "utf8")) as { vectors: unknown }).vectors;
}
const vectors = {
  detection: read("sigma-detection"),
  rejection: read("sigma-reject"),
  filters: read("sigma-filters"),
  correlations: read("sigma-correlation"),
  sequences: read("tyr-correlation"),
} as Vectors;

/** Built anew, so that it is never older than the sources. Under a second. */
function build(): void {
  const vite = join(room, "../../node_modules/vite/bin/vite.js");
  execFileSync(process.execPath, [vite, "build", "--config", "vite.config.ts"], {
    cwd: join(room, "test/browser"),
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, NODE_ENV: "production" },
  });
}

/** What the vectors expect, in the shape of the answers: answers of all platforms alike could still be wrong. */
function wrongAnswers(answers: Answers): readonly string[] {
  const detection = vectors.detection.filter(({ id, expected }) => {
    const one = answers.detection[id];
    return [one?.match, one?.line, one?.oracle, one?.explained].some((answer) => answer !== expected);
  });
  const filters = vectors.filters.filter(
    ({ id, expected_titles }) => String(answers.filters[id]) !== String(expected_titles),
  );
  const first = vectors.correlations.filter(
    ({ id, expected_first_fire_index: at }) => (answers.correlations[id]?.fires[0] ?? null) !== at,
  );
  const all = vectors.sequences.filter(
    ({ id, expected_fires }) => String(answers.correlations[id]?.fires) !== String(expected_fires),
  );
  return [...detection, ...filters, ...first, ...all].map(({ id }) => id);
}

/** The answers of Node, as they come out of JSON. */
const inNode = JSON.parse(JSON.stringify(answersTo(vectors))) as Answers;

test("in Node every vector is answered as it should be, with generated code and WebAssembly or without", () => {
  expect(wrongAnswers(inNode)).toEqual([]);
  expect(JSON.parse(JSON.stringify(answersTo(vectors, plainly)))).toEqual(inNode);
  expect(Object.values(inNode.rejection).flat()).toHaveLength(vectors.rejection.length);
  expect(inNode.lines).toMatchObject({
    ascii: ["contains", "keywords"],
    umlaut: ["contains", "keywords"],
    kelvin: ["contains"],
    dotted: ["contains"],
    astral: ["keywords", "expression"],
    escaped: ["contains", "keywords"],
    quoted: ["contains", "keywords"],
    "no object": "SyntaxError",
    "no JSON": "SyntaxError",
  });
});

const policies = [
  { allowed: "", canGenerate: false, canCompileWasm: false },
  { allowed: " 'wasm-unsafe-eval'", canGenerate: false, canCompileWasm: true },
  { allowed: " 'unsafe-eval' 'wasm-unsafe-eval'", canGenerate: true, canCompileWasm: true },
];

describe.skipIf(!hasChromium)("bundled for a browser", () => {
  let browser: Browser;

  beforeAll(async () => {
    build();
    browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
  });
  afterAll(async () => await browser?.close());

  test("the package needs nothing of Node's", () => {
    expect(readFileSync(bundle, "utf8")).not.toMatch(/["'`]node:|__vite-browser-external|\brequire\(/);
  });

  async function visit(policy: string): Promise<Readonly<{ report: PageReport; errors: readonly string[] }>> {
    const files = new Map([
      ["/page.js", readFileSync(bundle, "utf8")],
      ["/vectors.json", JSON.stringify(vectors)],
    ]);
    const site = await serve(files, policy);
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const errors: string[] = [];
      const failed = new Promise<never>((_, reject) => page.on("pageerror", (error) => reject(error)));
      page.on("requestfailed", (request) => errors.push(request.url()));
      await page.goto(site.url);
      return { report: await Promise.race([site.report, failed]), errors };
    } finally {
      await context.close();
      await site.close();
    }
  }

  test.each(policies)(
    "it answers every vector as in Node under script-src 'self'$allowed",
    async ({ allowed, canGenerate, canCompileWasm }) => {
      const policy = `default-src 'none'; connect-src 'self'; script-src 'self'${allowed}`;
      const { report, errors } = await visit(policy);
      expect(errors).toEqual([]);
      expect(report).toMatchObject({ ok: true, canGenerate, canCompileWasm, usesKernel: canCompileWasm });
      if (!report.ok) return;
      expect(wrongAnswers(report.answers)).toEqual([]);
      expect(report.answers).toEqual(inNode);
      expect(report.plain).toEqual(inNode);
    },
  );
});
