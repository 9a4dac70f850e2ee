import type { Expression } from "../../expression.ts";
import { GramSample } from "../anchors.ts";
import type { EventSource } from "../event-view.ts";
import { allTexts, valuesOf } from "../field-values.ts";
import { parseObject } from "../line-fields.ts";
import type { WitnessIndex } from "../witness-index.ts";
import { NoKernelMemory } from "./kernel-memory.ts";
import { type KernelIndex, type KernelToken, LINE_FLAGS, LineKernel, TOKEN_KINDS } from "./line-kernel.ts";

const utf8 = new TextDecoder();
const quoted: ReadonlySet<number> = new Set([TOKEN_KINDS.text, TOKEN_KINDS.escaped, TOKEN_KINDS.unusual]);

/** Searches lines with the kernel. */
export class KernelLines implements EventSource {
  readonly #kernel: LineKernel;
  readonly #slots: ReadonlyMap<string, number>;
  readonly #indexes = new Map<WitnessIndex, KernelIndex>();
  readonly #sample = new GramSample();
  readonly #found: number[] = [];
  #line: Uint8Array = new Uint8Array();
  #whole: Readonly<Record<string, unknown>> | undefined;

  /**
   * @param expressions of all rules that may be asked for
   * @param slots every field that rules read
   * @returns undefined where the platform has no WebAssembly with SIMD, or forbids it
   */
  static create(expressions: Iterable<Expression>, slots: ReadonlyMap<string, number>): KernelLines | undefined {
    const kernel = LineKernel.create(expressions, slots);
    return kernel && new KernelLines(kernel, slots);
  }

  private constructor(kernel: LineKernel, slots: ReadonlyMap<string, number>) {
    this.#kernel = kernel;
    this.#slots = slots;
  }

  find(index: WitnessIndex, line: Uint8Array): readonly number[] | undefined {
    const count = this.#scan(index, line);
    if (count === -1) return undefined;
    this.#line = line;
    this.#whole = undefined;
    this.#found.length = 0;
    for (let number = 0; number < count; number += 1) this.#found.push(this.#kernel.candidate(number));
    return this.#found;
  }

  observe(line: Uint8Array): void {
    this.#sample.add(line);
  }

  forget(index: WitnessIndex): void {
    const known = this.#indexes.get(index);
    if (known === undefined) return;
    this.#kernel.drop(known);
    this.#indexes.delete(index);
  }

  /** Reads the line searched last. */
  source(): EventSource {
    return this;
  }

  valuesOf(name: string, slot: number): readonly unknown[] | undefined {
    const token = this.#kernel.tokenOf(slot);
    if (token !== undefined) {
      const value = this.#valueOf(token);
      return Array.isArray(value) ? valuesOf({ value }, "value") : [value];
    }
    const { flags } = this.#kernel;
    const mayBeInside = (flags & LINE_FLAGS.objectInside) !== 0 && name.includes(".");
    return mayBeInside || (flags & LINE_FLAGS.blankInName) !== 0 ? valuesOf(this.#parsed(), name) : undefined;
  }

  texts(): readonly string[] {
    return allTexts(this.#parsed(), undefined);
  }

  /** Without memory for another index or a longer line, lines are parsed. */
  #scan(index: WitnessIndex, line: Uint8Array): number {
    try {
      return this.#kernel.scan(this.#indexes.get(index) ?? this.#add(index), line);
    } catch (error) {
      if (error instanceof NoKernelMemory) return -1;
      throw error;
    }
  }

  #add(index: WitnessIndex): KernelIndex {
    const added = this.#kernel.add(index.plan(this.#slots), this.#sample);
    this.#indexes.set(index, added);
    return added;
  }

  #parsed(): Readonly<Record<string, unknown>> {
    return (this.#whole ??= parseObject(this.#line));
  }

  #valueOf({ kind, from, to }: KernelToken): unknown {
    const quotes = quoted.has(kind) ? 1 : 0;
    const isAscii = (this.#kernel.flags & LINE_FLAGS.beyondAscii) === 0;
    if (kind === TOKEN_KINDS.text && isAscii) return asciiOf(this.#line, from, to);
    return JSON.parse(
      isAscii
        ? asciiOf(this.#line, from - quotes, to + quotes)
        : utf8.decode(this.#line.subarray(from - quotes, to + quotes)),
    );
  }
}

function asciiOf(bytes: Uint8Array, from: number, to: number): string {
  return "latin1Slice" in bytes ? (bytes as Latin1Bytes).latin1Slice(from, to) : utf8.decode(bytes.subarray(from, to));
}

type Latin1Bytes = Uint8Array & Readonly<{ latin1Slice: (from: number, to: number) => string }>;
