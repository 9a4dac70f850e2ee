/** The vectors, and what other engines answered on them, as they are kept in `vectors/`. */
import { readFileSync } from "node:fs";

export type Vector = Readonly<{
  id: string;
  status: "spec" | "contested";
  expected?: unknown;
  expected_titles?: unknown;
  expected_first_fire_index?: number | null;
  expected_fires?: unknown;
  note?: string;
  why?: string;
  engines?: Readonly<Record<string, unknown>>;
}>;
export type Engine = Readonly<{
  id: string;
  name: string;
  version: string;
  ranAgain?: string;
  newer?: Readonly<Record<string, unknown>>;
  fires?: Readonly<Record<string, unknown>>;
  why?: Readonly<Record<string, string>>;
}>;

export function read(name: string): Readonly<Record<string, unknown>> {
  const text = readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

export function vectorsOf(kind: string): readonly Vector[] {
  return read(`sigma-${kind}`)["vectors"] as readonly Vector[];
}

/** What the engine answered when it was last run; undefined when it never was. */
export function verdictOf({ id, engines }: Vector, engine: Engine): unknown {
  return engine.newer?.[id] ?? engines?.[engine.id];
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
