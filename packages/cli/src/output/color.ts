import type { Sink, World } from "../world.ts";

const CODES = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33", magenta: "35", cyan: "36" } as const;
export type Color = keyof typeof CODES;
export type Paint = (color: Color, text: string) => string;

const plain: Paint = (_, text) => text;
const painted: Paint = (color, text) => `\u001B[${CODES[color]}m${text}\u001B[0m`;

/** Colour only where a person looks: each stream is judged for itself (no-color.org). */
export function paintFor(sink: Sink, env: World["env"], wanted: boolean): Paint {
  const off = !wanted || sink.isTTY !== true || (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  return off ? plain : painted;
}

const SEVERITY: Readonly<Record<string, Color>> = { critical: "magenta", high: "red", medium: "yellow", low: "cyan" };

export function severityColor(severity: string): Color {
  return SEVERITY[severity] ?? "dim";
}
