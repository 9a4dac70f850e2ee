import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Sizes after gzip, in bytes of a kilobyte of 1,000. */
export const BUDGETS = { initialJs: 200_000, initialCss: 25_000, lazyChunk: 150_000 } as const;
export type Sizes = Readonly<{
  initialJs: number;
  initialCss: number;
  lazy: readonly (readonly [file: string, bytes: number])[];
}>;

type Chunk = Readonly<{ file: string; isEntry?: boolean; imports?: readonly string[]; css?: readonly string[] }>;
type Manifest = Readonly<Record<string, Chunk>>;

const APP = join(import.meta.dirname, "../dist/app");

const gzipped = (file: string): number => gzipSync(readFileSync(join(APP, file)), { level: 9 }).length;

/** All that the first page loads before it can draw: the entry and what it imports, down to the last. */
function closure(manifest: Manifest, key: string, seen = new Set<string>()): Set<string> {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key]?.imports ?? []) closure(manifest, next, seen);
  return seen;
}

/** Reads Vite's manifest of the built application and weighs it. */
export function measure(): Sizes {
  const manifest = JSON.parse(readFileSync(join(APP, ".vite/manifest.json"), "utf8")) as Manifest;
  const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry === true);
  if (entry === undefined) throw new Error("the manifest names no entry");
  const initial = [...closure(manifest, entry)].flatMap((key) => manifest[key] ?? []);
  const first = new Set(initial.map((chunk) => chunk.file));
  const styles = new Set(initial.flatMap((chunk) => chunk.css ?? []));
  const lazy = Object.values(manifest)
    .filter((chunk) => chunk.file.endsWith(".js") && !first.has(chunk.file))
    .map((chunk) => [chunk.file, gzipped(chunk.file)] as const);
  const sum = (files: Iterable<string>): number => [...files].reduce((total, file) => total + gzipped(file), 0);
  return { initialJs: sum(first), initialCss: sum(styles), lazy };
}

/** Parts that hold TypeBox, by the mark it puts on each schema: the contract reaches a page as data (`lean-contract.ts`). */
export function schemaMakers(): readonly string[] {
  const scripts = readdirSync(join(APP, "assets")).filter((file) => file.endsWith(".js"));
  return scripts.filter((file) => readFileSync(join(APP, "assets", file), "utf8").includes("~kind"));
}

/** Addresses of other sites in what is loaded: there must be none. Namespaces of XML are names, not addresses. */
export function externalAddresses(): readonly string[] {
  const html = readFileSync(join(APP, "index.html"), "utf8");
  return [...html.matchAll(/(?:src|href)="(https?:)?\/\/[^"]+"/g)].map(([found]) => found);
}

/** Inline scripts and handlers in the page: the policy would block them. */
export function inlineScripts(): readonly string[] {
  const html = readFileSync(join(APP, "index.html"), "utf8");
  return [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+="/g)].map(([found]) => found);
}
