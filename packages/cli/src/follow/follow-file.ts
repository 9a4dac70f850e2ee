import { createHash } from "node:crypto";
import { LineBatcher, type Batch } from "../import/line-batcher.ts";
import type { FollowState, FollowStore } from "./follow-state.ts";
import { findRotated, SourceFile, type Head } from "./source-file.ts";

export type FollowOptions = Readonly<{
  store: FollowStore;
  /** Resolves once the batch is stored. */
  send: (batch: Batch) => Promise<void>;
  /** Waits before looking again, and returns early when the follower is stopped. */
  pause: () => Promise<void>;
  warn: (text: string) => void;
  signal: AbortSignal;
  /** Looks in a row that find a rotated file unchanged before it is left: its writer may not have reopened yet. */
  graceLooks: number;
}>;

/** The key of a followed batch names the very bytes of the very file, whoever started from wherever. */
function pinned(batch: Batch, source: SourceFile, start: number): Batch {
  const content = createHash("sha256").update(batch.bytes).digest("hex");
  const place = [source.identity.dev, source.identity.ino, start, content];
  return { ...batch, prefixDigest: createHash("sha256").update(JSON.stringify(place)).digest("hex") };
}

type Start = Readonly<{ offset: number; nextLine: number; pendingEnd: number | null }>;
const BEGINNING: Start = { offset: 0, nextLine: 1, pendingEnd: null };

/** One open file from a start to the place where it is rotated, truncated or left. */
class Generation {
  cutLines = 0;
  readonly #source: SourceFile;
  readonly #options: FollowOptions;
  #offset: number;
  #nextLine: number;

  constructor(source: SourceFile, start: Start, options: FollowOptions) {
    this.#source = source;
    this.#options = options;
    this.#offset = start.offset;
    this.#nextLine = start.nextLine;
  }

  /** Sends again what was on its way when the last run ended: the same bytes, hence the same key. */
  async replay(end: number): Promise<void> {
    const batcher = new LineBatcher(this.#nextLine);
    const from = this.#offset;
    const batches: Batch[] = [];
    for (let at = from; at < end;) {
      const chunk = await this.#source.read(at, end - at);
      if (chunk.length === 0) break;
      at += chunk.length;
      batches.push(...batcher.push(chunk));
    }
    const last = batcher.flush(true);
    for (const batch of last === undefined ? batches : [...batches, last]) await this.#send(batch, from);
  }

  /** Everything there is now and everything appended later; returns when this file is not the one to read any more. */
  async follow(): Promise<void> {
    const { signal, pause, graceLooks } = this.#options;
    const base = this.#offset;
    const batcher = new LineBatcher(this.#nextLine);
    let readTo = base;
    let head = await this.#source.head();
    for (let quietLooks = 0; !signal.aborted && quietLooks <= graceLooks;) {
      // Before reading: what replaced the content in place must not be read from the middle.
      if (await this.#isRestarted(readTo, head)) break;
      head = await this.#source.head();
      const grown = await this.#readTo(batcher, readTo, base);
      if (grown > readTo) quietLooks = 0;
      else if (await this.#source.isReplaced()) quietLooks += 1;
      readTo = grown;
      if (quietLooks <= graceLooks) await pause();
    }
    if (signal.aborted) await this.#save(null);
    else await this.#sendIf(batcher.flush(true), base);
    this.cutLines += batcher.cutLines;
  }

  /** Everything there is, to the very end: for a file that was rotated away. */
  async finish(): Promise<void> {
    const base = this.#offset;
    const batcher = new LineBatcher(this.#nextLine);
    await this.#readTo(batcher, base, base);
    if (!this.#options.signal.aborted) await this.#sendIf(batcher.flush(true), base);
  }

  async #readTo(batcher: LineBatcher, from: number, base: number): Promise<number> {
    let at = from;
    while (!this.#options.signal.aborted) {
      const chunk = await this.#source.read(at);
      if (chunk.length === 0) break;
      at += chunk.length;
      for (const batch of batcher.push(chunk)) await this.#send(batch, base);
    }
    await this.#sendIf(batcher.flush(false), base);
    return at;
  }

  async #isRestarted(readTo: number, head: Head): Promise<boolean> {
    if ((await this.#source.size()) >= readTo && (await this.#source.beginsWith(head))) return false;
    const { name } = this.#source;
    this.#options.warn(`${name} was truncated: starting at its beginning; what was written just before may be lost`);
    return true;
  }

  async #sendIf(batch: Batch | undefined, base: number): Promise<void> {
    if (batch !== undefined) await this.#send(batch, base);
  }

  async #send(batch: Batch, base: number): Promise<void> {
    const end = base + batch.endOffset;
    await this.#save(end);
    await this.#options.send(pinned(batch, this.#source, this.#offset));
    this.#offset = end;
    this.#nextLine += batch.lines;
  }

  async #save(pendingEnd: number | null): Promise<void> {
    const { identity, name } = this.#source;
    const head = await this.#source.head();
    await this.#options.store.write({
      file: name,
      ...identity,
      ...head,
      offset: this.#offset,
      nextLine: this.#nextLine,
      pendingEnd,
    });
  }
}

async function isContinued(source: SourceFile, state: FollowState): Promise<boolean> {
  return source.is(state) && (await source.size()) >= state.offset && (await source.beginsWith(state));
}

/** Sends the rest of a file that was rotated away while nobody followed it. */
async function finishRotated(file: string, state: FollowState, options: FollowOptions): Promise<void> {
  const found = await findRotated(file, state);
  if (found === undefined) {
    options.warn(
      `${file} was rotated and its old content is not beside it: import what is missing by hand, from line ${state.nextLine}`,
    );
    return;
  }
  await using source = found.source;
  for (const name of found.newer) options.warn(`${name} was written while nobody followed: import it by hand`);
  if (!(await isContinued(source, state))) return;
  const generation = new Generation(source, state, options);
  if (state.pendingEnd !== null) await generation.replay(state.pendingEnd);
  await generation.finish();
}

/**
 * Follows one log file until the signal: through rotation by rename, truncation in place, and restarts of its own.
 *
 * Memory is bounded by one batch. Each batch is written down before it is sent, so after a crash the same bytes go out
 * with the same idempotency key.
 */
export async function followFile(file: string, options: FollowOptions): Promise<void> {
  let known = await options.store.read();
  while (!options.signal.aborted) {
    const opened = await SourceFile.open(file);
    if (opened === undefined) {
      await options.pause();
      continue;
    }
    await using source = opened;
    const continued = known !== undefined && (await isContinued(source, known));
    if (known !== undefined && !source.is(known)) await finishRotated(file, known, options);
    else if (known !== undefined && !continued)
      options.warn(`${file} is not what it was when last followed: starting at its beginning`);
    const start = continued && known !== undefined ? known : BEGINNING;
    const generation = new Generation(source, start, options);
    if (start.pendingEnd !== null) await generation.replay(start.pendingEnd);
    await generation.follow();
    known = undefined;
  }
}
