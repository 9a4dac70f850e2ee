import { reject, type ValuePath } from "../parse/rejection.ts";
import { asMapping, asText, asTextList, type Mapping, type Place } from "../parse/shape.ts";

/** A value of a rule or a pipeline that is neither list nor map. */
export type Scalar = string | number | boolean | null;

/** Reads the parameters of one step or condition; what nobody asked for is refused, since a typing error would be silent. */
export class Parameters {
  readonly at: ValuePath;
  readonly #map: Mapping;
  readonly #taken = new Set<string>();
  constructor(map: Mapping, at: ValuePath, known: readonly string[]) {
    this.#map = map;
    this.at = at;
    for (const name of known) this.#taken.add(name);
  }
  has(name: string): boolean {
    this.#taken.add(name);
    return this.#map[name] !== undefined;
  }
  raw(name: string): unknown {
    this.#taken.add(name);
    return this.#map[name];
  }
  place(name: string): Place {
    return { at: [...this.at, name], code: "pipeline-invalid" };
  }
  text(name: string): string {
    if (!this.has(name)) reject("pipeline-invalid", `${name} is missing`, this.at);
    return asText(this.raw(name), name, this.place(name));
  }
  /** Like `text`, but the empty string is a value (a suffix, a replacement). */
  textOrEmpty(name: string, otherwise: string): string {
    const value = this.raw(name) ?? otherwise;
    return value === "" ? "" : asText(value, name, this.place(name));
  }
  optionalText(name: string): string | undefined {
    return this.raw(name) === undefined || this.raw(name) === null ? undefined : this.text(name);
  }
  texts(name: string): readonly string[] {
    if (!this.has(name)) reject("pipeline-invalid", `${name} is missing`, this.at);
    return asTextList(this.raw(name), name, this.place(name));
  }
  flag(name: string): boolean {
    const value = this.raw(name) ?? false;
    return typeof value === "boolean"
      ? value
      : reject("pipeline-invalid", `${name} is true or false`, [...this.at, name]);
  }
  oneOf<T extends string>(name: string, choices: readonly T[], otherwise: T): T {
    const value = this.raw(name) ?? otherwise;
    const found = choices.find((choice) => choice === value);
    return found ?? reject("pipeline-invalid", `${name} is one of ${choices.join(", ")}`, [...this.at, name]);
  }
  map(name: string): Mapping {
    return this.has(name) ? asMapping(this.raw(name), name, this.place(name)) : {};
  }
  scalar(name: string): Scalar {
    const value = this.raw(name) ?? null;
    if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value as Scalar;
    return reject("pipeline-invalid", `${name} is a text, a number, true, false or null`, [...this.at, name]);
  }
  refuseRest(): void {
    const rest = Object.keys(this.#map).find((name) => !this.#taken.has(name));
    if (rest !== undefined) reject("pipeline-invalid", `unknown parameter ${JSON.stringify(rest)}`, [...this.at, rest]);
  }
}
