import type { AttackMatrix, MatrixSubTechnique, MatrixTechnique } from "@tyr/contract";

export type Tactic = AttackMatrix["tactics"][number];
/** What may be drawn on a cell, each to be switched off. */
export const LAYERS = ["cover", "seen", "tested"] as const;
export type Layer = (typeof LAYERS)[number];

type Figures = Pick<MatrixSubTechnique, "rules" | "enabled" | "tested" | "seen" | "lastSeenAt">;

const later = (one: string | null, other: string | null): string | null =>
  one === null || (other !== null && other > one) ? other : one;

/** A technique with its sub-techniques: what is told of it while they are out of sight. */
export function withParts(technique: MatrixTechnique): Figures {
  const { rules, enabled, tested, seen, lastSeenAt } = technique;
  return technique.subTechniques.reduce<Figures>(
    (sum, part) => ({
      rules: sum.rules + part.rules,
      enabled: sum.enabled + part.enabled,
      tested: sum.tested + part.tested,
      seen: sum.seen + part.seen,
      lastSeenAt: later(sum.lastSeenAt, part.lastSeenAt),
    }),
    { rules, enabled, tested, seen, lastSeenAt },
  );
}

const isFound = ({ rules, seen }: Figures): boolean => rules > 0 || seen > 0;
const says = (words: string, { id, name }: Readonly<{ id: string; name: string }>): boolean =>
  `${id} ${name}`.toLowerCase().includes(words);

type Choice = Readonly<{ q?: string | undefined; found?: boolean }>;

/** The columns with what was asked for; a technique stays for the sake of a sub-technique that fits. */
export function chosen(tactics: readonly Tactic[], { q, found = false }: Choice): readonly Tactic[] {
  const words = q?.toLowerCase();
  if (words === undefined && !found) return tactics;
  const fits = (cell: MatrixSubTechnique): boolean =>
    (words === undefined || says(words, cell)) && (!found || isFound(cell));
  return tactics.map((tactic) => ({
    ...tactic,
    techniques: tactic.techniques.flatMap((technique) => {
      const own = words !== undefined && says(words, technique) && (!found || isFound(withParts(technique)));
      const subTechniques = own && !found ? technique.subTechniques : technique.subTechniques.filter(fits);
      return own || fits(technique) || subTechniques.length > 0 ? [{ ...technique, subTechniques }] : [];
    }),
  }));
}

/** How strongly a cell is tinted: none, then a step for each factor of ten. The number itself is printed. */
export function seenStep(seen: number): 0 | 1 | 2 | 3 | 4 {
  if (seen < 1) return 0;
  if (seen < 10) return 1;
  if (seen < 100) return 2;
  return seen < 1000 ? 3 : 4;
}

/** `940`, `1.2k`, `31k`: what fits into a cell; the whole number is beside it for readers. */
export function shortCount(count: number): string {
  if (count < 1000) return String(count);
  if (count < 9950) return `${(count / 1000).toFixed(1)}k`;
  return count < 999_500 ? `${Math.round(count / 1000)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

export type Totals = Readonly<{ techniques: number; covered: number; tested: number; seen: number }>;

/** Techniques and sub-techniques once each, however many tactics they serve. */
export function totals(tactics: readonly Tactic[]): Totals {
  const cells = tactics.flatMap(({ techniques }) => techniques.flatMap((one) => [one, ...one.subTechniques]));
  const ids = (keep: (cell: MatrixSubTechnique) => boolean): number =>
    new Set(cells.filter(keep).map(({ id }) => id)).size;
  return {
    techniques: ids(() => true),
    covered: ids(({ enabled }) => enabled > 0),
    tested: ids(({ tested }) => tested > 0),
    seen: ids(({ seen }) => seen > 0),
  };
}

/** One cell as the address names it: `credential-access:T1110.001`. */
export const cellKey = (tactic: string, id: string): string => `${tactic}:${id}`;

export type Found = Readonly<{ tactic: Tactic; technique: MatrixTechnique; part: MatrixSubTechnique | undefined }>;

export function cellOf(tactics: readonly Tactic[], key: string): Found | undefined {
  const [name = "", id = ""] = key.split(":");
  const tactic = tactics.find(({ shortName }) => shortName === name);
  const technique = tactic?.techniques.find((one) => one.id === id.split(".")[0]);
  if (tactic === undefined || technique === undefined) return undefined;
  const part = technique.subTechniques.find((one) => one.id === id);
  return technique.id === id || part !== undefined ? { tactic, technique, part } : undefined;
}

export type Place = Readonly<{ column: number; row: number }>;

const STEPS: Readonly<Record<string, readonly [columns: number, rows: number]>> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  PageUp: [0, -10],
  PageDown: [0, 10],
};

/**
 * Where a key leads from a cell, columns of different lengths; undefined for other keys. An empty column is passed over.
 *
 * @param lengths cells of each column
 */
export function placeAfter(key: string, { column, row }: Place, lengths: readonly number[]): Place | undefined {
  const filled = lengths.flatMap((length, index) => (length > 0 ? [index] : []));
  const nth = filled.indexOf(column);
  const at = (index: number, wanted: number): Place | undefined => {
    const next = filled[Math.min(filled.length - 1, Math.max(0, index))];
    return next === undefined
      ? undefined
      : { column: next, row: Math.min(Math.max(0, wanted), (lengths[next] ?? 1) - 1) };
  };
  if (key === "Home") return at(0, row);
  if (key === "End") return at(filled.length - 1, row);
  const step = STEPS[key];
  return step === undefined ? undefined : at(nth + step[0], row + step[1]);
}
