import { createHash } from "node:crypto";
import { fieldsOf, instantOf, speaksOfDecisions, type NumberedEntry } from "./entries.ts";

/** Gives a file of the export, undefined where there is none. */
export type ReadFile = (path: string) => Promise<Uint8Array | undefined>;

/** Numbers of the first and the last. */
export type Missing = Readonly<{ first: number; last: number }>;
export type ExportEntries = Readonly<{
  origin: string;
  size: number;
  /** Of the kinds that say anything about decisions and keys, in order. */
  entries: readonly NumberedEntry[];
  /** Entries whose bodies are not there: pruned, or lost. In order. */
  missing: readonly Missing[];
  /** Whether the entries make the root of the checkpoint; undefined where some are missing. */
  rootFits: boolean | undefined;
}>;

/** An export cannot be read at all. */
export class ExportUnreadable extends Error {
  override readonly name = "ExportUnreadable";
  readonly code = "EXPORT_UNREADABLE";
}

const WIDTH = 256;
/** `tile/entries/<n>[.p/<width>]`, n in groups of three digits, all but the last behind an x (C2SP tlog-tiles). */
function pathOf(n: number, width: number): string {
  const digits = String(n).padStart(Math.ceil(String(n).length / 3) * 3, "0");
  const groups = digits.match(/\d{3}/g) ?? [];
  const index = groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join("/");
  return `tile/entries/${index}${width === WIDTH ? "" : `.p/${width}`}`;
}

/** Entries behind lengths of two bytes, exactly so many and nothing after them. */
function entriesOf(bundle: Buffer, width: number, path: string): readonly Buffer[] {
  const entries: Buffer[] = [];
  let at = 0;
  while (entries.length < width) {
    const end = at + 2 <= bundle.length ? at + 2 + bundle.readUInt16BE(at) : Infinity;
    if (end > bundle.length) throw new ExportUnreadable(`${path} is damaged`);
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  if (at !== bundle.length) throw new ExportUnreadable(`${path} goes on behind its last entry`);
  return entries;
}

const hash = (...parts: readonly Uint8Array[]): Buffer => {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part);
  return sum.digest();
};

/** The tree of RFC 6962, section 2.1, leaf by leaf: whole subtrees, the smallest last. */
class Tree {
  readonly #roots: { height: number; hash: Buffer }[] = [];

  add(entry: Uint8Array): void {
    let node = { height: 0, hash: hash(Buffer.of(0), entry) };
    for (let left = this.#roots.at(-1); left?.height === node.height; left = this.#roots.at(-1)) {
      this.#roots.pop();
      node = { height: node.height + 1, hash: hash(Buffer.of(1), left.hash, node.hash) };
    }
    this.#roots.push(node);
  }

  root(): string {
    const right = this.#roots.at(-1)?.hash ?? hash();
    const left = this.#roots.slice(0, -1).toReversed();
    return left.reduce((so, one) => hash(Buffer.of(1), one.hash, so), right).toString("base64");
  }
}

function parsed(bytes: Buffer, index: number): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new ExportUnreadable(`entry ${index} is no JSON`);
  }
}

/** Those that say something of decisions, each with the newest instant of those left out before it. */
class Spoken {
  readonly entries: NumberedEntry[] = [];
  #newest = Number.NEGATIVE_INFINITY;

  add(index: number, entry: unknown): void {
    const { type, at } = fieldsOf(entry);
    if (speaksOfDecisions(type)) {
      this.entries.push({ index, entry, newest: this.#newest });
      this.#newest = Number.NEGATIVE_INFINITY;
      return;
    }
    const instant = instantOf(at);
    if (instant > this.#newest) this.#newest = instant;
  }
}

/** With what is missing right behind it, as one. */
function withMissing(missing: readonly Missing[], more: Missing): readonly Missing[] {
  const before = missing.at(-1);
  if (before?.last !== more.first - 1) return [...missing, more];
  return [...missing.slice(0, -1), { first: before.first, last: more.last }];
}

async function readCheckpoint(read: ReadFile): Promise<Readonly<{ origin: string; size: number; root: string }>> {
  const bytes = await read("checkpoint");
  if (bytes === undefined) throw new ExportUnreadable("the file checkpoint is missing: this is no export");
  const [origin = "", size = "", root = ""] = Buffer.from(bytes).toString("utf8").split("\n");
  if (origin === "" || !/^(0|[1-9]\d{0,14})$/.test(size)) throw new ExportUnreadable("the checkpoint cannot be read");
  return { origin, size: Number(size), root };
}

/**
 * Reads what an export says about decisions. That its checkpoint is signed is not looked at here.
 *
 * @throws {ExportUnreadable} no export, or a damaged one
 */
export async function readExportEntries(read: ReadFile): Promise<ExportEntries> {
  const { origin, size, root } = await readCheckpoint(read);
  const tree = new Tree();
  const spoken = new Spoken();
  let missing: readonly Missing[] = [];
  for (let first = 0; first < size; first += WIDTH) {
    const width = Math.min(WIDTH, size - first);
    const path = pathOf(first / WIDTH, width);
    const bundle = await read(path);
    if (bundle === undefined) missing = withMissing(missing, { first, last: first + width - 1 });
    for (const [at, bytes] of (bundle === undefined ? [] : entriesOf(Buffer.from(bundle), width, path)).entries()) {
      tree.add(bytes);
      spoken.add(first + at, parsed(bytes, first + at));
    }
  }
  const rootFits = missing.length > 0 ? undefined : tree.root() === root;
  return { origin, size, entries: spoken.entries, missing, rootFits };
}
