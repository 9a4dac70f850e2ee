import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { routeEvent } from "@tyr/sigma";
import type { LineLogsource, Mode } from "./protocol.ts";

/** A workload on disk, as every competitor reads it. */
export type Workload = Readonly<{ mode: Mode; events: string; logsources: string; lines: number; bytes: number }>;

type Line = Readonly<{ text: string; logsource: LineLogsource }>;

/** Coprime to every plausible number of lines: a fixed shuffle, the same on every machine. */
const STRIDE = 15_485_863;
/** Unrouted events cost every rule, so a part of the mix is enough. */
const FLAT_LINES = 2500;

/** What is missing in a folder of bench data, or nothing. */
export function missingData(folder: string): string | null {
  if (!existsSync(join(folder, "rules"))) return `${folder} has no folder rules/ with Sigma rules (SigmaHQ, unpacked)`;
  if (eventFiles(folder).length === 0) return `${folder} has no events/*.ndjson or events/*.ndjson.gz`;
  return null;
}

/**
 * `mix` is everything in a fixed shuffle, `proc` the process creations of it, `flat` the first of the mix. The logsource of
 * each line is written beside it, as most competitors have no routing.
 */
export function prepareWorkloads(folder: string, into: string): Readonly<Record<Mode, Workload>> {
  const lines = eventFiles(folder).flatMap(linesOf);
  const mix = lines.map((_, index) => lines[(index * STRIDE) % lines.length]).filter((line) => line !== undefined);
  const proc = mix.filter(({ logsource }) => logsource.category?.includes("process_creation"));
  return {
    mix: write(into, "mix", mix),
    proc: write(into, "proc", proc),
    flat: write(into, "flat", mix.slice(0, FLAT_LINES)),
  };
}

function eventFiles(folder: string): readonly string[] {
  const events = join(folder, "events");
  if (!existsSync(events)) return [];
  return readdirSync(events)
    .filter((name) => /\.ndjson(\.gz)?$/.test(name))
    .sort()
    .map((name) => join(events, name));
}

function linesOf(path: string): readonly Line[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({ text: line, logsource: logsourceOf(line) }));
}

/** The product's own routing, in the one shape every competitor reads. */
function logsourceOf(line: string): LineLogsource {
  const { product, service, category } = routeEvent(JSON.parse(line) as Record<string, unknown>);
  return {
    ...(product === undefined ? {} : { product: firstOf(product) }),
    ...(service === undefined ? {} : { service: firstOf(service) }),
    ...(category === undefined ? {} : { category: typeof category === "string" ? [category] : category }),
  };
}

/** Competitors take one product and one service: the event's own, which stands first. */
function firstOf(part: string | readonly string[]): string {
  const [first = ""] = typeof part === "string" ? [part] : part;
  return first;
}

function write(into: string, mode: Mode, lines: readonly Line[]): Workload {
  const numbers = new Map<string, number>();
  const numberOf = (key: string) => {
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  };
  const indexes = lines.map(({ logsource }) => numberOf(JSON.stringify(logsource)));
  const logsources = [...numbers.keys()].map((key) => JSON.parse(key) as LineLogsource);
  const paths = { events: join(into, `${mode}.ndjson`), logsources: join(into, `${mode}.logsources.json`) };
  const text = lines.map((line) => `${line.text}\n`).join("");
  writeFileSync(paths.events, text);
  writeFileSync(paths.logsources, JSON.stringify({ logsources, lines: indexes }));
  return { mode, ...paths, lines: lines.length, bytes: Buffer.byteLength(text) };
}
