import { isSubTechnique, parentOf, techniqueUrl, type AttackRelease } from "./attack-release.ts";
import { phaseOfTacticId, type UkcPhase } from "./unified-kill-chain.ts";

/** What is known of one technique under one tactic. */
export type CellFigures = Readonly<{
  rules: number;
  enabled: number;
  tested: number;
  seen: number;
  lastSeenAt: Date | null;
}>;
type MatrixCell = CellFigures & Readonly<{ id: string; name: string; url: string }>;
export type MatrixColumn = Readonly<{
  id: string;
  shortName: string;
  name: string;
  phase: UkcPhase | null;
  techniques: readonly (MatrixCell & Readonly<{ subTechniques: readonly MatrixCell[] }>)[];
}>;

const NOTHING: CellFigures = { rules: 0, enabled: 0, tested: 0, seen: 0, lastSeenAt: null };

export function cellKey(technique: string, tactic: string): string {
  return `${technique} ${tactic}`;
}

/** The matrix in the order of its release; techniques by name, as MITRE shows them. Figures by `cellKey`. */
export function matrixOf(attack: AttackRelease, figures: ReadonlyMap<string, CellFigures>): readonly MatrixColumn[] {
  const entries = Object.entries(attack.techniques);
  return Object.entries(attack.tactics).map(([shortName, [id, name]]) => {
    const own = entries
      .filter(([, [, tactics]]) => tactics.includes(shortName))
      .map(([technique, [title]]): MatrixCell => {
        const known = figures.get(cellKey(technique, shortName)) ?? NOTHING;
        return { id: technique, name: title, url: techniqueUrl(technique), ...known };
      });
    const subs = Map.groupBy(
      own.filter((cell) => isSubTechnique(cell.id)),
      (cell) => parentOf(cell.id),
    );
    const techniques = own
      .filter((cell) => !isSubTechnique(cell.id))
      .map((cell) => ({ ...cell, subTechniques: subs.get(cell.id) ?? [] }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return { id, shortName, name, phase: phaseOfTacticId(id), techniques };
  });
}
