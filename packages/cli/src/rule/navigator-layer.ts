import type { Covered } from "./coverage.ts";

const COMMENT_CHARS_MAX = 400;

/**
 * A layer of MITRE's ATT&CK Navigator (layer format 4.5): each technique scored by its rules, with the log sources that
 * feed them. Techniques that only rules name which can never match are left out.
 */
export function navigatorLayer(
  covered: readonly Covered[],
  attack: Readonly<{ release: string; domain: string }>,
): Readonly<Record<string, unknown>> {
  const shown = covered.filter(({ rules }) => rules > 0);
  return {
    name: "Tyr rule coverage",
    versions: { layer: "4.5", navigator: "5.1.0", attack: attack.release.split(".")[0] },
    domain: attack.domain,
    description: `${shown.length} techniques named by rules that can match`,
    sorting: 3,
    techniques: shown.map(({ technique, rules, sources, titles }) => ({
      techniqueID: technique,
      score: rules,
      comment: titles.join("; ").slice(0, COMMENT_CHARS_MAX),
      metadata: sources.map((value) => ({ name: "log source", value })),
      showSubtechniques: technique.includes("."),
    })),
    gradient: {
      colors: ["#d6e6f4", "#2171b5"],
      minValue: 1,
      maxValue: Math.max(2, ...shown.map(({ rules }) => rules)),
    },
  };
}
