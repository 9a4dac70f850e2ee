import { fileURLToPath, pathToFileURL } from "node:url";

const contract = new URL("../contract/src/", import.meta.url);
const table = fileURLToPath(new URL("routes/index.ts", contract));

type Route = Readonly<{ method: string; path: string; body?: unknown; response: unknown }>;

/** A body or an answer is for a client either of a kind that has a name, or JSON. */
const kindOf = (part: unknown): unknown => (typeof part === "string" ? part : {});

/**
 * Vite's plugin that leaves of the contract's routes what a client of them reads: method, path, and how bodies are written. The
 * schemas are the server's to check with; with them the first page would load twenty kilobytes more, and more with each route.
 */
export function routeTable() {
  return {
    name: "tyr:route-table",
    enforce: "pre" as const,
    async load(id: string) {
      if (id !== table) return null;
      const { routes } = (await import(pathToFileURL(table).href)) as { routes: Readonly<Record<string, Route>> };
      const lean = Object.entries(routes).map(([name, { method, path, body, response }]) => [
        name,
        { method, path, ...(body === undefined ? {} : { body: kindOf(body) }), response: kindOf(response) },
      ]);
      return `export const routes = ${JSON.stringify(Object.fromEntries(lean))};\nexport const ROUTE_IDS = Object.keys(routes);\n`;
    },
  };
}
