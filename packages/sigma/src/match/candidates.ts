import type { Expression } from "../expression.ts";
import type { EventContent } from "./naive.ts";
import { type Atom, atomsOf, guessedFrequency } from "./witness.ts";
import { WitnessIndex } from "./witness-index.ts";

/** Events looked at to see which witnesses are rare in this stream. */
const PROFILE_EVENTS = 512;
/** So many events looked at give a first answer; of those after them one in `PROFILE_EVERY` is looked at, as looking costs. */
const PROFILE_FIRST = 64;
const PROFILE_EVERY = 8;
/** Looked at again after so many times as many events: streams change. */
const PROFILE_AGAIN = 256;
/** Fewer rules than this are not worth measuring for. */
const PROFILE_RULES_MIN = 24;

/** Finds candidates in the bytes of a line. */
export type LineSearch = Readonly<{
  /**
   * @returns numbers of rules in their order, with all bits turned (`~number`) where the rule was seen to hold; undefined
   * when this line has to be parsed first; valid until the next call
   */
  find(index: WitnessIndex, line: Uint8Array): readonly number[] | undefined;
  /** Lines like this one are to come. */
  observe(line: Uint8Array): void;
  /** This index is not used again. */
  forget(index: WitnessIndex): void;
}>;

/** Which of many rules may hold for an event: never too few. What it answers beyond that is a matter of speed only. */
export class Candidates {
  readonly #expressions: readonly Expression[];
  readonly #lines: LineSearch;
  #index: WitnessIndex;
  #profile: Profile | undefined;
  #seen = 0;
  #profileAt = 0;

  constructor(expressions: readonly Expression[], lines: LineSearch) {
    this.#expressions = expressions;
    this.#lines = lines;
    this.#index = WitnessIndex.of(expressions, guessedFrequency);
    if (expressions.length < PROFILE_RULES_MIN) this.#profileAt = Number.POSITIVE_INFINITY;
  }

  /** Numbers of rules in their order; valid until the next call. */
  find(event: EventContent): readonly number[] {
    if (this.#seen >= this.#profileAt) this.#measure(event);
    this.#seen += 1;
    return this.#index.find(event);
  }

  /**
   * The same from the bytes of a line of JSON.
   *
   * @returns as `LineSearch.find`
   */
  findInLine(line: Uint8Array): readonly number[] | undefined {
    if (this.#seen >= this.#profileAt) {
      if (this.#seen < PROFILE_FIRST) this.#lines.observe(line);
      return undefined;
    }
    const found = this.#lines.find(this.#index, line);
    if (found !== undefined) this.#seen += 1;
    return found;
  }

  /** Gives back what was kept for searching lines. */
  close(): void {
    this.#lines.forget(this.#index);
  }

  #measure(event: EventContent): void {
    this.#profile ??= new Profile(this.#expressions);
    this.#profile.look(event);
    const profile = this.#profile;
    const next = this.#seen + (profile.events < PROFILE_FIRST ? 1 : PROFILE_EVERY);
    const isDone = profile.events >= PROFILE_EVENTS;
    this.#profileAt = isDone ? next * PROFILE_AGAIN : next;
    if (profile.events !== PROFILE_FIRST && !isDone) return;
    this.#lines.forget(this.#index);
    this.#index = WitnessIndex.of(this.#expressions, (atom) => profile.frequency(atom));
    if (isDone) this.#profile = undefined;
  }
}

/** Counts in how many events each possible witness is seen. */
class Profile {
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #counts: number[];
  readonly #index: WitnessIndex;
  events = 0;

  constructor(expressions: readonly Expression[]) {
    const atoms = [...new Map(expressions.flatMap(atomsOf).map((atom) => [keyOf(atom), atom])).values()];
    this.#numbers = new Map(atoms.map((atom, number) => [keyOf(atom), number]));
    this.#counts = atoms.map(() => 0);
    this.#index = new WitnessIndex(atoms.map((atom) => [atom]));
  }

  look(event: EventContent): void {
    this.events += 1;
    for (const number of this.#index.find(event)) this.#counts[number] = (this.#counts[number] ?? 0) + 1;
  }

  /** What was never seen is still told apart by the guess. */
  frequency(atom: Atom): number {
    const number = this.#numbers.get(keyOf(atom));
    const seen = number === undefined ? 0 : (this.#counts[number] ?? 0);
    return (seen + guessedFrequency(atom)) / (this.events + 1);
  }
}

function keyOf({ field, place, text }: Atom): string {
  return JSON.stringify([field, place, text]);
}
