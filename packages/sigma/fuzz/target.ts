/** Something to feed bytes to. */
export type Target = Readonly<{
  name: string;
  /** Inputs to begin with: the closer to real ones, the further the changes of them get. */
  seeds: readonly Uint8Array[];
  /** Words of the input's language, put in where a change of single bytes would take too long to hit on them. */
  words: readonly string[];
  /** Bytes of the longest input. */
  sizeMax: number;
  /** Throws when the engine does what it must not do with this input; answers whether the input got past the reader. */
  run: (input: Uint8Array) => boolean;
}>;

/** The engine broke a promise: the input that made it do so is kept. */
class PromiseBroken extends Error {
  override readonly name = "PromiseBroken";
  readonly code = "PROMISE_BROKEN";
}

export function insist(holds: boolean, promise: string): void {
  if (!holds) throw new PromiseBroken(promise);
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What is no UTF-8 becomes U+FFFD, as it does where files are read. */
export function textOf(input: Uint8Array): string {
  return decoder.decode(input);
}

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}
