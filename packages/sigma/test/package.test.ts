import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const room = join(import.meta.dirname, "..");
const root = join(room, "../..");
const folder = mkdtempSync(join(tmpdir(), "tyr-sigma-package-"));
const project = join(folder, "project");

/** As on a machine that has nothing of ours: no conditions, no flags, no registry to ask. */
const environment = {
  ...process.env,
  NODE_OPTIONS: "",
  npm_config_registry: "http://127.0.0.1:9/",
  npm_config_offline: "true",
};

function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(" ")}\n${stdout}${stderr}`, { cause });
  }
}

const pack = (place: string, ...flags: readonly string[]): void =>
  void run("npm", ["pack", "--silent", ...flags, "--pack-destination", folder, place], root);

beforeAll(() => {
  pack("./packages/sigma");
  // What it depends on, as installed here: nothing is fetched.
  for (const name of ["yaml", "re2js"]) pack(`./node_modules/${name}`, "--ignore-scripts");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  const tarballs = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  if (tarballs.length !== 3) throw new Error(`packed ${tarballs.join(", ")}`);
  run(
    "npm",
    [
      "install",
      "--offline",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      ...tarballs.map((name) => join(folder, name)),
    ],
    project,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const installed = (): readonly string[] =>
  readdirSync(join(project, "node_modules/@tyr/sigma"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(project, "node_modules/@tyr/sigma/").length));

/** The examples of the README that need nothing but the package. */
const examples = [...readFileSync(join(room, "README.md"), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)]
  .map(([, code = ""]) => code)
  .filter((code) => [...code.matchAll(/from "([^"]+)"/g)].every(([, name]) => name === "@tyr/sigma"));

test("the package holds JavaScript, types, its pages and its licence, and nothing that is only for its makers", () => {
  const files = installed();
  expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "CONFORMANCE.md", "package.json"]));
  expect(files).toEqual(expect.arrayContaining(["dist/index.js", "dist/index.d.ts"]));
  const others = files.filter(
    (file) => !/^dist\/.*\.(js|d\.ts)$/.test(file) && !/^(LICENSE|package\.json|[A-Z]+\.md)$/.test(file),
  );
  expect(others).toEqual([]);
  expect(files.filter((file) => /\.test\.|testing\/|browser-test/.test(file))).toEqual([]);
});

test("the first example of the README runs in an empty project with plain Node", () => {
  const [first = ""] = examples;
  writeFileSync(join(project, "first.js"), `${first}\nconsole.log(JSON.stringify({ techniques, why }));\n`);
  const said = JSON.parse(run(process.execPath, ["first.js"], project)) as { techniques: unknown; why: string };
  expect(said).toMatchObject({ techniques: ["T1105"], why: expect.stringContaining("it does match") });
});

/** What TypeScript says of some examples, all checked as strictly as a project can ask for. */
function complaints(name: string, codes: readonly string[], lib: readonly string[]): string {
  const place = join(project, name);
  mkdirSync(place);
  for (const [index, code] of codes.entries()) {
    const console = "declare const console: Record<'warn' | 'error', (...values: unknown[]) => void>;\n";
    const encoder = "declare class TextEncoder { encode(text: string): Uint8Array }\n";
    writeFileSync(join(place, `example-${index}.ts`), `${code}\n${console}${encoder}export {};\n`);
  }
  const strictly = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
  const compilerOptions = { module: "nodenext", target: "es2024", lib, types: [], noEmit: true, ...strictly };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  return run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", name], project);
}

test("the examples of the README fit the types of the package, with no types of Node's or a page's", () => {
  const inWorker = examples.filter((code) => code.includes("(self)"));
  const anywhere = examples.filter((code) => !inWorker.includes(code));
  expect(anywhere.length).toBeGreaterThan(4);
  expect(complaints("anywhere", anywhere, ["es2024", "esnext.disposable"])).toBe("");
  expect(complaints("in-worker", inWorker, ["es2024", "esnext.disposable", "webworker"])).toBe("");
});
