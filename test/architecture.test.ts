import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const STAGES = ["collect", "detect", "escalate", "govern", "respond"] as const;
const PLATFORM = ["server/platform", "contract"];
const earlier = (stage: (typeof STAGES)[number]) =>
  STAGES.slice(0, STAGES.indexOf(stage)).map((name) => `server/pipeline/${name}`);
const stageMay = (stage: (typeof STAGES)[number]) => [
  ...PLATFORM,
  "server/audit",
  "server/identity",
  ...earlier(stage),
];

/** Who may import whom: the table of docs/architecture.md, as data. `*` = anything. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  sigma: [],
  ledger: [],
  decoys: ["contract"],
  web: ["contract"],
  cli: ["contract", "sigma", "ledger", "server/app"],
  "server/platform": ["contract"],
  "server/audit": [...PLATFORM, "ledger"],
  "server/identity": PLATFORM,
  "server/pipeline/collect": stageMay("collect"),
  "server/pipeline/detect": [...stageMay("detect"), "sigma"],
  "server/pipeline/escalate": stageMay("escalate"),
  "server/pipeline/govern": stageMay("govern"),
  "server/pipeline/respond": stageMay("respond"),
  "server/connectors/blocklist": [
    ...PLATFORM,
    "server/pipeline/collect",
    "server/pipeline/govern",
    "server/pipeline/respond",
  ],
  "server/connectors/crowdsec": [
    ...PLATFORM,
    "server/pipeline/collect",
    "server/pipeline/govern",
    "server/pipeline/respond",
  ],
  "server/api": [
    ...PLATFORM,
    "server/audit",
    "server/identity",
    ...STAGES.map((name) => `server/pipeline/${name}`),
    "server/connectors/blocklist",
    "server/connectors/crowdsec",
  ],
  "server/app": ["*"],
};

type Edge = Readonly<{ from: string; to: string; file: string; specifier: string; path: string | undefined }>;

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        /\.tsx?$/.test(entry.name) &&
        !/\.test\.tsx?$|\.d\.ts$/.test(entry.name) &&
        !entry.parentPath.endsWith("/testing"),
    )
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The room a file stands in, e.g. `server/pipeline/detect`. */
function roomOf(file: string): string {
  const [packageName = "", , first = "", second = ""] = relative(join(root, "packages"), file).split("/");
  if (packageName !== "server") return packageName;
  if (first.endsWith(".ts")) return "server/app";
  return first === "pipeline" || first === "connectors" ? `server/${first}/${second}` : `server/${first}`;
}

const doors = (
  JSON.parse(readFileSync(join(root, "packages/server/package.json"), "utf8")) as {
    imports: Record<string, { "@tyr/source": string }>;
  }
).imports;

function target(file: string, specifier: string): string | undefined {
  if (specifier.startsWith("@tyr/")) return join(root, "packages", specifier.slice(5), "src/index.ts");
  const door = doors[specifier];
  if (door !== undefined) return join(root, "packages/server", door["@tyr/source"]);
  return specifier.startsWith(".") ? resolve(dirname(file), specifier) : undefined;
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^;"']*?from\s*["']([^"']+)["']|import\s*\(\s*["']([^"']+)["']\s*\)|(?:^|\n)\s*import\s*["']([^"']+)["']/g;

function edgesOf(file: string): Edge[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(IMPORT)].flatMap((found) => {
    const specifier = found[1] ?? found[2] ?? found[3] ?? "";
    const path = target(file, specifier);
    if (path === undefined && !specifier.startsWith("#")) return [];
    const to = path === undefined ? `unknown door ${specifier}` : roomOf(path);
    return [{ from: roomOf(file), to, file: relative(root, file), specifier, path }];
  });
}

const files = readdirSync(join(root, "packages")).flatMap((name) => sourceFiles(join(root, "packages", name, "src")));
const edges = files.flatMap(edgesOf);
const across = edges.filter((edge) => edge.from !== edge.to);
const sorted = (lines: Iterable<string>) => [...lines].toSorted();

/** Left out: the composition root, which imports all, and contract and platform, which nearly all import. */
const NOT_DRAWN = ["server/platform", "contract"];

function graph(): string {
  const name = (room: string) => room.slice(room.lastIndexOf("/") + 1);
  const drawn = across.filter((edge) => edge.from !== "server/app" && !NOT_DRAWN.includes(edge.to));
  const lines = new Set(drawn.map((edge) => `  ${name(edge.from)} --> ${name(edge.to)}`));
  return ["```mermaid", "graph LR", ...sorted(lines), "```"].join("\n");
}

describe("the house", () => {
  test("every import goes in a direction the table allows", () => {
    const wrong = across.filter(
      (edge) => !(MAY[edge.from] ?? []).includes("*") && !(MAY[edge.from] ?? []).includes(edge.to),
    );
    expect(wrong.map((edge) => `${edge.file} imports ${edge.specifier} (${edge.from} → ${edge.to})`)).toEqual([]);
  });

  test("another room is entered by its door only", () => {
    const through = across.filter((edge) => edge.specifier.startsWith(".") && edge.from !== "server/app");
    expect(through.map((edge) => `${edge.file} reaches into ${edge.specifier}`)).toEqual([]);
  });

  test("nobody but its own room, not even the api, imports a store", () => {
    const stores = edges.filter((edge) => /[/-]store\.ts$/.test(edge.path ?? "") && edge.from !== edge.to);
    expect(stores.map((edge) => `${edge.file} imports ${edge.specifier}`)).toEqual([]);
  });

  test("the engines do no I/O: sigma and ledger import nothing of Node's that reaches outside", () => {
    const reaching = /from "node:(fs|net|http|https|child_process|dgram|dns|tls|worker_threads|timers)[/"]/;
    const outside = files.filter(
      (file) => /packages\/(sigma|ledger)\//.test(file) && reaching.test(readFileSync(file, "utf8")),
    );
    expect(outside.map((file) => relative(root, file))).toEqual([]);
  });

  test("the command line loads the server lazily, for `tyr up` and what needs its normalisers", () => {
    const eager = edges.filter(
      (edge) =>
        edge.from === "cli" &&
        edge.to === "server/app" &&
        !readFileSync(join(root, edge.file), "utf8").includes(`import("${edge.specifier}")`),
    );
    expect(eager.map((edge) => edge.file)).toEqual([]);
  });

  test("only main reads signals, the exit code and the environment in the server", () => {
    const allowed = new Set([
      "packages/server/src/main.ts",
      "packages/server/src/index.ts",
      "packages/server/src/platform/database/testing.ts",
    ]);
    const touching = files.filter(
      (file) =>
        file.includes("packages/server/src") && /process\.(env|exit|on\(|exitCode)/.test(readFileSync(file, "utf8")),
    );
    expect(touching.map((file) => relative(root, file)).filter((file) => !allowed.has(file))).toEqual([]);
  });

  test("every room has a README", () => {
    const rooms = new Set(files.map(roomOf).filter((room) => room !== "server/app"));
    const place = (room: string) =>
      room.startsWith("server/") ? join(root, "packages/server/src", room.slice(7)) : join(root, "packages", room);
    expect([...rooms].filter((room) => !readdirSync(place(room)).includes("README.md"))).toEqual([]);
  });

  test("docs/architecture.md shows the graph as it is", () => {
    const path = join(root, "docs/architecture.md");
    const text = readFileSync(path, "utf8");
    const place = /(?<=<!-- graph -->\n)[\s\S]*(?=<!-- \/graph -->)/;
    expect(text).toMatch(place);
    const now = text.replace(place, () => `\n${graph()}\n\n`);
    if (process.env["CI"] === undefined) writeFileSync(path, now);
    expect(readFileSync(path, "utf8")).toBe(now);
  });
});
