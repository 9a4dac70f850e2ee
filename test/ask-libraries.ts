// npm run libraries: asks the registry about every library, and says which promise of SECURITY.md is broken. Exit code 1
// when one is, 2 when the registry could not be asked: silence is no good answer.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { judgeLibraries, type Advisory, type Known, type Library } from "./judge-libraries.ts";

type Locked = Readonly<{
  version?: string;
  dependencies?: Readonly<Record<string, string>>;
  devDependencies?: Readonly<Record<string, string>>;
}>;
type Audit = Readonly<{
  vulnerabilities?: Readonly<Record<string, { name: string; via: readonly (string | Advisory)[] }>>;
}>;

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const LIMITS = { cwd: root, maxBuffer: 64 * 1024 * 1024, timeout: 120_000 };

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
}

/** npm answers on standard output also when it found something, with exit code 1. */
async function npm<T>(...words: readonly string[]): Promise<T | undefined> {
  const { stdout } = await run("npm", [...words], LIMITS).catch((error: unknown) => error as { stdout?: string });
  return stdout === undefined || stdout === "" ? undefined : (JSON.parse(stdout) as T);
}

const { packages } = read("../package-lock.json") as { packages: Readonly<Record<string, Locked>> };

/** What our packages name themselves, with the version that is locked. */
function named(): readonly Readonly<{ name: string; version: string }>[] {
  const ours = Object.entries(packages).filter(([path]) => !path.includes("node_modules/"));
  const names = new Set(ours.flatMap(([, one]) => Object.keys({ ...one.dependencies, ...one.devDependencies })));
  return [...names].toSorted().flatMap((name) => {
    const version = name.startsWith("@tyr/") ? undefined : packages[`node_modules/${name}`]?.version;
    return version === undefined ? [] : [{ name, version }];
  });
}

async function advisories(): Promise<readonly Advisory[] | undefined> {
  const audit = await npm<Audit>("audit", "--json");
  if (audit?.vulnerabilities === undefined) return undefined;
  return Object.values(audit.vulnerabilities).flatMap(({ name, via }) =>
    via.flatMap((one) => (typeof one === "string" ? [] : [{ ...one, name }])),
  );
}

const libraries: Library[] = [];
const asked = named();
for (const one of asked) {
  const releases = await npm<Library["releases"]>("view", one.name, "time", "--json");
  if (releases !== undefined) libraries.push({ ...one, releases });
}
const found = await advisories();
const known = read("../scripts/known-libraries.json") as readonly Known[];
const broken = judgeLibraries({ advisories: found ?? [], libraries, known, today: new Date().toISOString() });
for (const { text } of broken) console.log(`BROKEN: ${text}`);
const silent = asked.length - libraries.length;
if (found === undefined) console.log("The registry did not answer about advisories.");
if (silent > 0) console.log(`The registry did not answer about ${silent} libraries.`);
const all = Object.keys(packages).filter((path) => path.includes("node_modules/")).length;
console.log(`${libraries.length} libraries named by us, ${all} locked: ${broken.length} promises broken`);
process.exitCode = broken.length > 0 ? 1 : found === undefined || silent > 0 ? 2 : 0;
