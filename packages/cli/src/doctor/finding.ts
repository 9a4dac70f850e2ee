import type { Color, Paint } from "../output/color.ts";
import { visible } from "../output/visible-text.ts";

export type Finding = Readonly<{
  group: "configuration" | "machine" | "server";
  name: string;
  /** A warning is worth knowing; a problem makes the command end with 6. */
  state: "ok" | "warning" | "problem";
  detail: string;
  fix?: string;
}>;

const MARKS: Readonly<Record<Finding["state"], readonly [Color, string]>> = {
  ok: ["green", "✓"],
  warning: ["yellow", "!"],
  problem: ["red", "✕"],
};

const GROUP_ORDER = ["configuration", "machine", "server"] as const satisfies readonly Finding["group"][];

/** Grouped, one line each, the fix on the line below. */
export function findingLines(findings: readonly Finding[], paint: Paint): string[] {
  return GROUP_ORDER.flatMap((group) => {
    const ofGroup = findings.filter((one) => one.group === group);
    const lines = ofGroup.flatMap(({ name, state, detail, fix }) => {
      const line = `  ${paint(...MARKS[state])} ${name}: ${visible(detail)}`;
      return fix === undefined || state === "ok" ? [line] : [line, `      fix: ${visible(fix)}`];
    });
    return lines.length === 0 ? [] : [paint("bold", group), ...lines];
  });
}
