import { reject, type ValuePath } from "../parse/rejection.ts";

/**
 * What one rule may become: values to compare with, states of regular expressions, and names the condition refers to, all
 * together. Encodings multiply values, repetitions states and patterns names, so that without it a file of a few kilobytes
 * fills the memory. The largest published rule takes five thousand.
 */
const unitsMax = 262_144;

/** How many regular expressions there may be, and how many states they may come to, before they are compiled. */
export type RegexLimits = Readonly<{
  states: number;
  regexes: number;
}>;

/**
 * Of one regular expression. Each state is looked at for each character of a line: this many take half a second for a
 * line of 65,536 characters. The largest one we know of, of ours, has 1,419.
 */
const statesOfOneMax = 2_048;
/** Of one rule, by itself; four expressions of ours have 2,821. */
const ofOneRule: RegexLimits = { states: 8_192, regexes: Number.POSITIVE_INFINITY };

/** Counts regular expressions of one rule, or of all documents of one text. */
export class RegexBudget {
  readonly #max: RegexLimits;
  readonly #what: string;
  #states = 0;
  #regexes = 0;

  /** @param what of which they are counted, as its author calls it */
  constructor(max: RegexLimits, what: string) {
    this.#max = max;
    this.#what = what;
  }

  /**
   * @param states as estimated from the text, since compiling it is what costs
   * @throws {RuleRejected} `regex-too-large` for the expression that is one too many
   */
  spend(states: number, at: ValuePath): void {
    if (states > statesOfOneMax) tooLarge(`the expression comes to ${about(states)} states`, statesOfOneMax, at);
    this.#states += states;
    this.#regexes += 1;
    const { states: statesMax, regexes: regexesMax } = this.#max;
    if (this.#states > statesMax)
      tooLarge(`up to here, the expressions of ${this.#what} come to ${about(this.#states)} states`, statesMax, at);
    if (this.#regexes > regexesMax)
      reject(
        "regex-too-large",
        `this is regular expression ${this.#regexes} of ${this.#what}; the limit is ${regexesMax}: try fewer at once`,
        at,
      );
  }
}

function about(states: number): string {
  return states > 1e6 ? "more than a million" : `about ${states}`;
}

function tooLarge(what: string, most: number, at: ValuePath): never {
  const advice = "shorten repetitions such as {0,400}, or divide it";
  return reject("regex-too-large", `${what}; the limit is ${most}: ${advice}`, at);
}

/** Counts what one rule is made into while it is made. */
export class Budget {
  readonly #regexes: RegexBudget;
  #left = unitsMax;

  /** @param regexes of all documents that share them; left out: the rule has its own */
  constructor(regexes: RegexBudget = new RegexBudget(ofOneRule, "the rule")) {
    this.#regexes = regexes;
  }

  /** @throws {RuleRejected} `limit-exceeded` as soon as the rule has had its share */
  spend(units: number, at: ValuePath): void {
    this.#left -= units;
    if (this.#left < 0)
      reject("limit-exceeded", `the rule expands to more than ${unitsMax} values, states and names; divide it`, at);
  }

  /** @throws {RuleRejected} `regex-too-large` before anything is compiled */
  spendRegex(states: number, at: ValuePath): void {
    this.#regexes.spend(states, at);
    this.spend(states, at);
  }
}
