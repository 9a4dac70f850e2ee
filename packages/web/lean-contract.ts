import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const contract = new URL("../contract/src/", import.meta.url);
const moduleAt = (path: string): string => fileURLToPath(new URL(path, contract));
const SCHEMAS = moduleAt("schemas");

type Loaded = Readonly<Record<string, unknown>>;
type Route = Readonly<{ method: string; path: string; body?: unknown; response: unknown }>;

/** A body or an answer is for a client either of a kind that has a name, or JSON. */
const kindOf = (part: unknown): unknown => (typeof part === "string" ? part : {});

/** What a client reads of a route: method, path, and how bodies are written. */
function routeTable({ routes }: Loaded): string {
  const lean = Object.entries(routes as Readonly<Record<string, Route>>).map(
    ([name, { method, path, body, response }]) => [
      name,
      { method, path, ...(body === undefined ? {} : { body: kindOf(body) }), response: kindOf(response) },
    ],
  );
  return `export const routes = ${JSON.stringify(Object.fromEntries(lean))};\nexport const ROUTE_IDS = Object.keys(routes);\n`;
}

/** Lists, tables, numbers and schemas: what JSON gives back as it was. */
function isData(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function";
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isPlain && Object.values(value).every(isData);
}

/** All but functions. A schema is JSON too, without TypeBox to make it, and is left out where nobody reads it. */
function asData(loaded: Loaded): string {
  const data = Object.entries(loaded).filter(([, value]) => isData(value));
  return data.map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`).join("") || "export {};\n";
}

function leanFor(id: string): ((loaded: Loaded) => string) | undefined {
  if (id === moduleAt("routes/index.ts")) return routeTable;
  return id === moduleAt("live.ts") || dirname(id) === SCHEMAS ? asData : undefined;
}

/**
 * Vite's plugin that leaves of the contract what a client of it reads, as data. The schemas are the server's to check with; with
 * them, and TypeBox to make them, the first page would load fifty kilobytes more, and more with each route.
 */
export function leanContract() {
  return {
    name: "tyr:lean-contract",
    enforce: "pre" as const,
    async load(id: string) {
      const lean = leanFor(id);
      return lean === undefined ? null : lean((await import(pathToFileURL(id).href)) as Loaded);
    },
  };
}
