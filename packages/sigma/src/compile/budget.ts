import { reject, type ValuePath } from "../parse/rejection.ts";

/**
 * What one rule may become: values to compare with, states of regular expressions, and names the condition refers to, all
 * together. Encodings multiply values, repetitions states and patterns names, so that without it a file of a few kilobytes
 * fills the memory. The largest published rule takes five thousand.
 */
const unitsMax = 262_144;

/** Counts what one rule is made into while it is made. */
export class Budget {
  #left = unitsMax;

  /** @throws {RuleRejected} `limit-exceeded` as soon as the rule has had its share */
  spend(units: number, at: ValuePath): void {
    this.#left -= units;
    if (this.#left < 0)
      reject("limit-exceeded", `the rule expands to more than ${unitsMax} values, states and names; divide it`, at);
  }
}
