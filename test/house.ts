import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

export type Edge = Readonly<{ from: string; to: string; file: string; specifier: string; path: string | undefined }>;

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

/** Rooms inside of rooms: they have doors of their own, and the room around them may not use them. */
const INNER_ROOMS = ["server/pipeline/detect/actors"];

/** The room a file stands in, e.g. `server/pipeline/detect`. */
export function roomOf(file: string): string {
  const inner = INNER_ROOMS.find((room) => file.startsWith(`${join(root, "packages", room.replace("/", "/src/"))}/`));
  if (inner !== undefined) return inner;
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

/** What a source imports, as written there. */
export function importsOf(text: string): readonly string[] {
  return [...text.matchAll(IMPORT)].map((found) => found[1] ?? found[2] ?? found[3] ?? "");
}

function edgesOf(file: string): Edge[] {
  return importsOf(readFileSync(file, "utf8")).flatMap((specifier) => {
    const path = target(file, specifier);
    if (path === undefined && !specifier.startsWith("#")) return [];
    const to = path === undefined ? `unknown door ${specifier}` : roomOf(path);
    return [{ from: roomOf(file), to, file: relative(root, file), specifier, path }];
  });
}

export const files = readdirSync(join(root, "packages")).flatMap((name) =>
  sourceFiles(join(root, "packages", name, "src")),
);
export const edges = files.flatMap(edgesOf);
export const across = edges.filter((edge) => edge.from !== edge.to);
const sorted = (lines: Iterable<string>) => [...lines].toSorted();

/** Left out: the composition root, which imports all, and contract and platform, which nearly all import. */
const NOT_DRAWN = ["server/platform", "contract"];

function drawing(): string {
  const name = (room: string) => room.slice(room.lastIndexOf("/") + 1);
  const drawn = across.filter((edge) => edge.from !== "server/app" && !NOT_DRAWN.includes(edge.to));
  const lines = new Set(drawn.map((edge) => `  ${name(edge.from)} --> ${name(edge.to)}`));
  return ["```mermaid", "graph LR", ...sorted(lines), "```"].join("\n");
}

export const ARCHITECTURE_PAGE = join(root, "docs/architecture.md");
/** Between these marks stands what is drawn from the sources. */
export const GRAPH_PLACE = /(?<=<!-- graph -->\n)[\s\S]*(?=<!-- \/graph -->)/;

/** The architecture page with the graph as the sources have it: what `npm run docs` writes and the test compares. */
export function architecturePage(): string {
  return readFileSync(ARCHITECTURE_PAGE, "utf8").replace(GRAPH_PLACE, () => `\n${drawing()}\n\n`);
}
