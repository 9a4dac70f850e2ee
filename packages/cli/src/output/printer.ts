import type { World } from "../world.ts";
import { csv } from "./csv.ts";
import { paintFor, type Paint } from "./color.ts";
import { pickFields } from "./pick-fields.ts";
import { table, type Column } from "./table.ts";
import { safeJson, visible } from "./visible-text.ts";

export const FORMATS = ["table", "json", "jsonl", "csv"] as const;
export type Format = (typeof FORMATS)[number];
export type PrinterOptions = Readonly<{
  format: Format;
  /** Fields asked for with `--json=a,b`; empty means all. */
  fields: readonly string[];
  color: boolean;
  quiet: boolean;
}>;

/** The two ways out: data to stdout in the format asked for, everything said to a person to stderr. */
export class Printer {
  readonly format: Format;
  readonly paint: Paint;
  readonly paintMessage: Paint;
  readonly #world: World;
  readonly #options: PrinterOptions;
  #hasWritten = false;

  constructor(world: World, options: PrinterOptions) {
    this.#world = world;
    this.#options = options;
    this.format = options.format;
    this.paint = paintFor(world.stdout, world.env, options.color);
    this.paintMessage = paintFor(world.stderr, world.env, options.color);
  }

  get forPeople(): boolean {
    return this.format === "table";
  }

  /** A list. In a table an empty list says so on stderr, so that stdout stays empty. */
  many<Row>(rows: readonly Row[], columns: readonly Column<Row>[], empty: string): void {
    if (this.format === "csv") this.#out(`${csv(rows, columns)}\r\n`);
    else if (this.format === "json")
      this.#out(
        `${safeJson(
          rows.map((row) => this.#picked(row)),
          2,
        )}\n`,
      );
    else if (this.format === "jsonl") for (const row of rows) this.line(row);
    else if (rows.length === 0) this.#sayEmpty(empty);
    else this.#out(`${table(rows, columns, { paint: this.paint, cells: this.#cells() })}\n`);
  }

  /** The next rows of a list without end: JSON as one value a line, a table or CSV with its header once. */
  more<Row>(rows: readonly Row[], columns: readonly Column<Row>[], isFirst = false): void {
    if (this.format === "json" || this.format === "jsonl") for (const row of rows) this.line(row);
    else if (this.format === "csv") this.#out(withoutHeader(csv(rows, columns), isFirst, "\r\n"));
    else this.#out(withoutHeader(table(rows, columns, { paint: this.paint, cells: this.#cells() }), isFirst, "\n"));
  }

  /** One thing: `text` for people, the value itself for programs. */
  one(value: Readonly<Record<string, unknown>>, text: () => readonly string[]): void {
    if (this.format === "table")
      this.#out(
        text()
          .map((line) => `${line}\n`)
          .join(""),
      );
    else if (this.format === "csv") this.#out(`${csv([value], columnsOf(value))}\r\n`);
    else if (this.format === "jsonl") this.line(value);
    else this.#out(`${safeJson(this.#picked(value), 2)}\n`);
  }

  /** One line of a stream of JSON values. */
  line(value: unknown): void {
    this.#out(`${safeJson(this.#picked(value))}\n`);
  }

  /** Why there is no data, for a program that reads JSON; a person is told on stderr. Never after data: one document stays one. */
  refused(problem: Readonly<Record<string, unknown>>): void {
    if (this.format === "jsonl") this.#out(`${safeJson(problem)}\n`);
    else if (this.format === "json" && !this.#hasWritten) this.#out(`${safeJson(problem, 2)}\n`);
  }

  /** Bytes of text that are the data themselves: a script, a key. */
  verbatim(text: string): void {
    this.#out(text);
  }

  /** A message. Text from outside must have gone through `visible`. */
  say(text: string): void {
    if (!this.#options.quiet) this.#world.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    this.#world.stderr.write(`${this.paintMessage("yellow", "!")} ${visible(text)}\n`);
  }

  /** Overwrites one line on a terminal; nothing anywhere else. */
  progress(text: string): void {
    if (this.#world.stderr.isTTY === true && !this.#options.quiet)
      this.#world.stderr.write(`\r\u001B[K${visible(text)}`);
  }

  endProgress(): void {
    if (this.#world.stderr.isTTY === true && !this.#options.quiet) this.#world.stderr.write("\r\u001B[K");
  }

  #sayEmpty(text: string): void {
    if (text !== "") this.say(text);
  }

  #picked(value: unknown): unknown {
    return this.#options.fields.length === 0 ? value : pickFields(value, this.#options.fields);
  }

  #cells(): number | undefined {
    return this.#world.stdout.isTTY === true ? this.#world.stdout.columns : undefined;
  }

  #out(text: string): void {
    this.#hasWritten = true;
    this.#world.stdout.write(text);
  }
}

function columnsOf(value: Readonly<Record<string, unknown>>): Column<Readonly<Record<string, unknown>>>[] {
  return Object.keys(value).map((name) => ({
    name,
    value: (row) => {
      const cell = row[name];
      if (typeof cell === "string" || typeof cell === "number" || typeof cell === "boolean" || cell === null)
        return cell;
      return safeJson(cell);
    },
  }));
}

function withoutHeader(text: string, keep: boolean, lineBreak: string): string {
  const lines = keep ? text : text.split(lineBreak).slice(1).join(lineBreak);
  return lines === "" ? "" : `${lines}${lineBreak}`;
}
