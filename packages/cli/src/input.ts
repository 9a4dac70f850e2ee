import { usage } from "./failure.ts";
import { parseDuration } from "./duration.ts";

type Bounds = Readonly<{ min: number; max: number }>;

/** Arguments and options of one call, parsed where they are read; whatever is wrong names the option. */
export class Input {
  readonly #values: readonly string[];
  readonly #options: Readonly<Record<string, unknown>>;
  /** Everything after the command's own words, untouched: what `tyr up` hands on. */
  readonly raw: readonly string[];

  constructor(values: readonly string[], options: Readonly<Record<string, unknown>>, raw: readonly string[] = []) {
    this.#values = values;
    this.#options = options;
    this.raw = raw;
  }

  get values(): readonly string[] {
    return this.#values;
  }

  value(index: number, name: string): string {
    const value = this.#values[index];
    if (value === undefined || value === "") throw usage(`${name} is missing`);
    return value;
  }

  text(name: string): string | undefined {
    const value = this.#options[camel(name)];
    return typeof value === "string" ? value : undefined;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined || value.trim() === "") throw usage(`--${name} is missing`, `Say it with --${name} TEXT.`);
    return value;
  }

  texts(name: string): readonly string[] {
    const value = this.#options[camel(name)];
    if (Array.isArray(value)) return value.filter((one) => typeof one === "string");
    return typeof value === "string" ? [value] : [];
  }

  flag(name: string): boolean {
    return this.#options[camel(name)] === true;
  }

  /** `--no-NAME`: true unless it was given. */
  allowed(name: string): boolean {
    return this.#options[camel(name)] !== false;
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw usage(`--${name} ${value} is not known`, `Use one of: ${choices.join(", ")}.`);
    return found;
  }

  whole(name: string, bounds: Bounds): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= bounds.min && number <= bounds.max))
      throw usage(`--${name} ${value} is not usable`, `Give a whole number from ${bounds.min} to ${bounds.max}.`);
    return number;
  }

  seconds(name: string, bounds: Bounds): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const seconds = parseDuration(value);
    if (seconds === undefined || seconds < bounds.min || seconds > bounds.max)
      throw usage(`--${name} ${value} is not a usable duration`, "Write it like 90s, 15m, 24h, 7d or 1h30m.");
    return seconds;
  }
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
