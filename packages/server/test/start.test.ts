import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "./server-process.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const EXIT_CONFIGURATION = 78;

type Start = Readonly<{
  env?: Readonly<Record<string, string>>;
  args?: readonly string[];
  killWhen?: (output: string) => boolean;
}>;
const isReady = (output: string): boolean => output.includes("is ready on");
type Ended = Readonly<{ code: number | null; out: string; err: string }>;

/** The program from its start to its end; a signal is sent as soon as `killWhen` holds. */
async function runToEnd({ env = {}, args = [], killWhen }: Start): Promise<Ended> {
  const child = spawn(
    join(root, "node_modules/.bin/node"),
    ["--conditions=@tyr/source", "--liftoff-only", join(root, "packages/server/src/main.ts"), ...args],
    { env: { PATH: process.env["PATH"], TYR_PORT: "0", TYR_LOG_LEVEL: "info", ...env }, timeout: 60_000 },
  );
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => void (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => void (err += chunk.toString()));
  const looking = setInterval(() => {
    if (killWhen?.(out + err) !== true) return;
    clearInterval(looking);
    child.kill("SIGTERM");
  }, 5);
  const [code] = (await once(child, "close")) as [number | null];
  clearInterval(looking);
  return { code, out, err };
}

/** Links of the message lead to sections that exist. */
function expectTrueLinks(err: string): void {
  const page = readFileSync(join(root, "docs/reference/errors.md"), "utf8").toLowerCase();
  for (const [, section] of err.matchAll(/errors\.md#(\w+)/g)) expect(page).toContain(`### ${section}\n`);
}

describe("a start that cannot be says which setting, where and what to do", () => {
  test.each([
    {
      what: "a rules folder that is not there",
      env: { TYR_RULES_DIR: "/nowhere/rules" },
      said: "TYR_RULES_DIR: /nowhere/rules",
      exit: EXIT_CONFIGURATION,
    },
    {
      what: "a pipeline that is not there",
      env: { TYR_RULE_PIPELINES: "/nowhere/ecs.yml" },
      said: "TYR_RULE_PIPELINES: /nowhere/ecs.yml there is no such file",
      exit: EXIT_CONFIGURATION,
    },
    { what: "a host that is none", env: { TYR_HOST: "999.9.9.9" }, said: "TYR_HOST", exit: EXIT_CONFIGURATION },
    {
      what: "an address of another machine",
      env: { TYR_HOST: "192.0.2.77", TYR_CLEARTEXT: "allow" },
      said: "TYR_HOST",
      exit: EXIT_CONFIGURATION,
    },
    {
      what: "an address with a zone",
      env: { TYR_OWN_NETWORKS: "fe80::1%eth0" },
      said: "TYR_OWN_NETWORKS",
      exit: EXIT_CONFIGURATION,
    },
    { what: "a data folder below /proc", env: { TYR_DATA_DIR: "/proc/x" }, said: "/proc/x", exit: 1 },
    {
      what: "a PostgreSQL nobody runs",
      env: { TYR_DATABASE_URL: "postgres://u:hunter2@127.0.0.1:1/t" },
      said: "127.0.0.1:1/t",
      exit: 1,
    },
  ])("$what", async ({ env, said, exit }) => {
    using dir = temporaryDirectory();
    const { code, err } = await runToEnd({ env: { TYR_DATA_DIR: dir.path, ...env }, args: ["--no-sample"] });
    expect(err).toContain(said);
    expect(err).toMatch(/fix: .* \(docs\/reference\/errors\.md#\w+\)/);
    expect(err).not.toContain("hunter2");
    expectTrueLinks(err);
    expect(code).toBe(exit);
  });

  test("a port somebody has", async () => {
    using dir = temporaryDirectory();
    await using other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const env = { TYR_DATA_DIR: dir.path, TYR_PORT: String(port) };
    const { code, err } = await runToEnd({ env, args: ["--no-sample"] });
    expect(err).toMatch(new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken .*TYR_PORT`));
    expectTrueLinks(err);
    expect(code).toBe(1);
  });
});

describe("a signal", () => {
  test("while the sample is replayed ends it without an error, and leaves no progress half said", async () => {
    using dir = temporaryDirectory();
    const { code, out, err } = await runToEnd({ env: { TYR_DATA_DIR: dir.path }, killWhen: isReady });
    expect(err).not.toMatch(/"level":50|destroyed|Error/);
    expect(out).toMatch(/^First administrator, once: \S+\nTyr \S+ is ready on \S+\n(Sample [^\n]*\n)*$/);
    expect(code).toBe(0);
  });

  test("while the embedded database is built ends the start, which never becomes ready", async () => {
    using dir = temporaryDirectory();
    const isBuilding = (): boolean => existsSync(join(dir.path, "pg.building"));
    const { code, out, err } = await runToEnd({ env: { TYR_DATA_DIR: dir.path }, killWhen: isBuilding });
    expect({ code, out, err }).toEqual({ code: 0, out: "", err: "" });
    expect(existsSync(join(dir.path, "pg"))).toBe(false);
  });
});

test("a rules folder without a rule is said before Tyr is ready", async () => {
  using dir = temporaryDirectory();
  mkdirSync(join(dir.path, "rules"));
  const env = { TYR_DATA_DIR: join(dir.path, "data"), TYR_RULES_DIR: join(dir.path, "rules") };
  const { out, err, code } = await runToEnd({ env, args: ["--no-sample"], killWhen: isReady });
  expect(err).toContain("no rule is in force");
  expect(out).toMatch(/^WARNING: no rule is in force, so nothing will be detected.*\n(.*\n)*Tyr \S+ is ready/);
  expect(code).toBe(0);
});

test("a rule file that cannot be read stops nothing: Tyr starts with the others, and says which it is without", async () => {
  using dir = temporaryDirectory();
  const rules = join(dir.path, "rules");
  mkdirSync(rules);
  const id = "11111111-2222-4333-8444-555555555555";
  const rule = `title: A\nid: ${id}\nlogsource: { category: command }\ndetection: { s: { a: 1 }, condition: s }\n`;
  writeFileSync(join(rules, "good.yml"), rule);
  symlinkSync("nowhere.yml", join(rules, "lost.yml"));
  symlinkSync(".", join(rules, "again"));
  const env = { TYR_DATA_DIR: join(dir.path, "data"), TYR_RULES_DIR: rules };
  const { out, err, code } = await runToEnd({ env, args: ["--no-sample"], killWhen: isReady });
  expect(out).toMatch(/^WARNING: a rule was rejected and finds nothing: again:1:1: .*leads back.*, and 1 more/);
  expect(out).toMatch(/Tyr \S+ is ready/);
  expect(err).toMatch(/"path":"lost\.yml".*there is no such file.*a rule was rejected/);
  expect(err).not.toContain("no rule is in force");
  expect(code).toBe(0);
});
