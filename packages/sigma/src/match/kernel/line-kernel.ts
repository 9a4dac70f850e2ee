import { scanModule } from "./scan-module.ts";
import type { Expression } from "../../expression.ts";
import type { GramSample } from "../anchors.ts";
import { packPrograms, type Programs } from "./pack-programs.ts";
import { type IndexPlan, packIndex } from "./pack-index.ts";
import { KernelMemory, type LinearMemory } from "./kernel-memory.ts";

/** Values of one line, as the kernel tells them apart. */
export const TOKEN_KINDS = { text: 0, escaped: 1, bare: 2, nested: 3, oddNumber: 4, null: 5, unusual: 6 } as const;
/** What the kernel says of a line as a whole. */
export const LINE_FLAGS = { beyondAscii: 1, blankInName: 2, objectInside: 4 } as const;

const TOKENS_MAX = 2_048;
/** Set in a candidate that was seen to hold. */
const HOLDS = 0x80_00_00_00;
const TOKEN_WORDS = 6;
const FRAME_WORDS = 9;
const LINE_BYTES = 65_536;
/** Longer lines are parsed. */
const LINE_BYTES_MAX = 4 * 1024 * 1024;
/** The kernel reads so many bytes at once, also at the end of a line. */
const SLACK = 32;

type Scan = (frame: number) => number;

/** Where an index lies in the kernel's memory. */
export type KernelIndex = Readonly<{ at: number; bytes: number }>;

/** Where a value lies in its line, quotation marks left out. */
export type KernelToken = Readonly<{ kind: number; from: number; to: number }>;

/** What is used of the platform's WebAssembly, whose types come with browsers only. */
type Platform = Readonly<{
  WebAssembly?: Readonly<{ Module: new (bytes: Uint8Array) => Module; Instance: new (module: Module) => Instance }>;
}>;
type Module = object;
type Instance = Readonly<{ exports: Readonly<Record<string, unknown>> }>;

let compiled: Module | undefined;

/** Compiled once for all; undefined where the platform has no WebAssembly, no SIMD, or a policy that forbids it. */
function instantiate(): Instance | undefined {
  const { WebAssembly: platform } = globalThis as Platform;
  if (platform === undefined) return undefined;
  try {
    compiled ??= new platform.Module(Uint8Array.from(atob(scanModule), (one) => one.charCodeAt(0)));
    return new platform.Instance(compiled);
  } catch {
    return undefined;
  }
}

/** The kernel with memory of its own, in which one line at a time is searched for what an index names. */
export class LineKernel {
  readonly #scan: Scan;
  readonly #memory: KernelMemory;
  readonly #frame: number;
  readonly #slots: number;
  readonly #tokens: number;
  readonly #code: number;
  readonly #programs: ReadonlyMap<Expression, number>;
  #candidates: KernelIndex;
  #line: KernelIndex;

  /** @param slots every field that rules read */
  static create(expressions: Iterable<Expression>, slots: ReadonlyMap<string, number>): LineKernel | undefined {
    const instance = instantiate();
    return instance && new LineKernel(instance, packPrograms(expressions, slots), slots.size);
  }

  private constructor({ exports }: Instance, { bytes, places }: Programs, slots: number) {
    this.#scan = exports["scan"] as Scan;
    this.#memory = new KernelMemory(exports["memory"] as LinearMemory);
    this.#frame = this.#memory.take(FRAME_WORDS * 4);
    this.#slots = this.#memory.take(slots * 4);
    this.#tokens = this.#memory.take(TOKENS_MAX * TOKEN_WORDS * 4);
    this.#code = this.#memory.take(bytes.length);
    this.#memory.bytes.set(bytes, this.#code);
    this.#programs = places;
    this.#candidates = { at: this.#memory.take(4 + SLACK), bytes: 4 };
    this.#line = { at: this.#memory.take(LINE_BYTES + SLACK), bytes: LINE_BYTES };
  }

  /**
   * Puts an index into memory; it takes room until `drop`.
   *
   * @param sample of lines to come
   * @throws {NoKernelMemory}
   */
  add(plan: IndexPlan, sample: GramSample): KernelIndex {
    const bytes = packIndex(plan, this.#programs, sample);
    if (plan.rules * 4 > this.#candidates.bytes) this.#candidates = this.#larger(this.#candidates, plan.rules * 4);
    const at = this.#memory.take(bytes.length);
    this.#memory.bytes.set(bytes, at);
    return { at, bytes: bytes.length };
  }

  drop({ at, bytes }: KernelIndex): void {
    this.#memory.give(at, bytes);
  }

  /**
   * @returns how many rules the line may concern, or −1 when it has to be parsed; valid until the next call
   * @throws {NoKernelMemory} for a long line
   */
  scan({ at }: KernelIndex, line: Uint8Array): number {
    if (line.length > this.#line.bytes) {
      if (line.length > LINE_BYTES_MAX) return -1;
      this.#line = this.#larger(this.#line, 2 ** Math.ceil(Math.log2(line.length)));
    }
    const { words, bytes } = this.#memory;
    const frame = this.#frame / 4;
    words[frame] = this.#tokens;
    words[frame + 1] = this.#slots;
    words[frame + 2] = this.#candidates.at;
    words[frame + 5] = at;
    words[frame + 6] = this.#line.at;
    words[frame + 7] = this.#line.at + line.length;
    words[frame + 8] = this.#code;
    bytes.set(line, this.#line.at);
    return this.#scan(this.#frame);
  }

  /** Number of a rule, in their order; with all bits turned, so below 0, when it was seen to hold. */
  candidate(number: number): number {
    const word = this.#memory.words[this.#candidates.at / 4 + number] ?? 0;
    return word >= HOLDS ? ~(word - HOLDS) : word;
  }

  get flags(): number {
    return this.#memory.words[this.#frame / 4 + 4] ?? 0;
  }

  /** The last value of the field with this slot, as `JSON.parse` has it when a name comes twice. */
  tokenOf(slot: number): KernelToken | undefined {
    const { words } = this.#memory;
    const count = words[this.#frame / 4 + 3] ?? 0;
    const number = words[this.#slots / 4 + slot] ?? 0;
    const at = this.#tokens / 4 + number * TOKEN_WORDS;
    // What an earlier line left behind names a token that is not of this field, or beyond those of this line.
    if (number >= count || words[at] !== slot) return undefined;
    return { kind: words[at + 1] ?? 0, from: words[at + 2] ?? 0, to: words[at + 3] ?? 0 };
  }

  /** The old place is given back last: what follows when there is no more memory still stands on it. */
  #larger({ at, bytes }: KernelIndex, wanted: number): KernelIndex {
    const larger = { at: this.#memory.take(wanted + SLACK), bytes: wanted };
    this.#memory.give(at, bytes + SLACK);
    return larger;
  }
}
