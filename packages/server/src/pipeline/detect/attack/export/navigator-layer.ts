import type { SeenTechnique } from "../../ttp-store.ts";
import { isSubTechnique, parentOf, techniqueOf, type AttackRelease } from "../attack-release.ts";

export type NavigatorScore = "count" | "normalised" | "confidence" | "rules" | "recency";
export type LayerRequest = Readonly<{
  attack: AttackRelease;
  /** Release the tags were made under, where only those are asked for. */
  release: string | undefined;
  /** Whose: "everybody", "attacker 203.0.113.7" … */
  about: string;
  score: NavigatorScore;
  /** What the numbers were filtered by, in words. */
  filters: readonly string[];
  seen: readonly SeenTechnique[];
  ruleTitle: (id: string) => string;
}>;

type Entry = Readonly<{ name: string; value: string }>;
type LayerTechnique = Readonly<{
  techniqueID: string;
  tactic: string;
  score: number;
  comment: string;
  enabled: true;
  metadata: readonly Entry[];
  links: readonly Readonly<{ label: string; url: string }>[];
  showSubtechniques: boolean;
}>;
/** A layer of MITRE's ATT&CK Navigator, format 4.5. Without `filters` it shows every platform; an empty list would show none. */
export type NavigatorLayer = Readonly<{
  name: string;
  versions: Readonly<{ layer: "4.5"; navigator: string; attack: string }>;
  domain: string;
  description: string;
  sorting: 3;
  layout: Readonly<Record<string, string | boolean>>;
  hideDisabled: false;
  techniques: readonly LayerTechnique[];
  gradient: Readonly<{ colors: readonly string[]; minValue: number; maxValue: number }>;
  legendItems: readonly Readonly<{ label: string; color: string }>[];
  metadata: readonly Entry[];
  links: readonly Readonly<{ label: string; url: string }>[];
  showTacticRowBackground: boolean;
  selectTechniquesAcrossTactics: boolean;
  selectSubtechniquesWithParent: boolean;
}>;

const COLORS = ["#d6e6f4", "#6baed6", "#08519c"];
const RULES_NAMED_MAX = 5;
const COMMENT_CHARS_MAX = 400;
const DAY_MS = 86_400_000;

/** What a score says of a technique; the gradient runs from `min` to `max`. */
type Scale = Readonly<{ label: string; of: (one: SeenTechnique) => number; min: number; max: number }>;

/**
 * A layer with one entry per technique and tactic, sub-techniques by their own id, as its release has them. What that
 * release does not have, as it was tagged under another one, is left out and counted in the description.
 */
export function navigatorLayer({ attack, seen, ...request }: LayerRequest): NavigatorLayer {
  const own = seen.filter(({ domain }) => domain === attack.domain);
  const shown = own.filter(({ technique, tactic }) => techniqueOf(attack, technique)?.[1].includes(tactic));
  const scale = scaleOf(request.score, shown);
  const left = own.length - shown.length;
  const parents = new Set(
    shown.filter(({ technique }) => isSubTechnique(technique)).map((one) => parentOf(one.technique)),
  );
  return {
    name: `Tyr: ${request.about}`,
    versions: { layer: "4.5", navigator: "5.1.0", attack: majorOf(request.release ?? attack.release) },
    domain: attack.domain,
    description: describe({ attack, shown: shown.length, left, scale, ...request }),
    sorting: 3,
    layout: { layout: "side", aggregateFunction: "max", showID: true, showName: true, showAggregateScores: false },
    hideDisabled: false,
    techniques: shown.map((one) => toEntry(one, { scale, parents, ruleTitle: request.ruleTitle })),
    gradient: { colors: COLORS, minValue: scale.min, maxValue: scale.max },
    legendItems: [],
    metadata: [
      { name: "ATT&CK release", value: request.release ?? attack.release },
      { name: "score", value: scale.label },
      ...request.filters.map((value) => ({ name: "filter", value })),
    ],
    links: [],
    showTacticRowBackground: false,
    selectTechniquesAcrossTactics: true,
    selectSubtechniquesWithParent: false,
  };
}

function majorOf(release: string): string {
  return release.split(".")[0] ?? release;
}

type Told = Pick<LayerRequest, "attack" | "filters"> & Readonly<{ shown: number; left: number; scale: Scale }>;

function describe({ attack, filters, shown, left, scale }: Told): string {
  const other = left === 0 ? [] : [`${left} that ATT&CK ${attack.release} does not have are left out`];
  return [`${shown} techniques seen, scored by ${scale.label}`, ...filters, ...other, attack.notice].join(". ");
}

type Entering = Readonly<{ scale: Scale; parents: ReadonlySet<string>; ruleTitle: (id: string) => string }>;

function toEntry(seen: SeenTechnique, { scale, parents, ruleTitle }: Entering): LayerTechnique {
  const { technique, tactic, count, firstAt, lastAt, confidenceMax, rules, releases } = seen;
  const titles = rules.slice(0, RULES_NAMED_MAX).map(ruleTitle);
  const more = rules.length > RULES_NAMED_MAX ? ` and ${rules.length - RULES_NAMED_MAX} more` : "";
  return {
    techniqueID: technique,
    tactic,
    score: scale.of(seen),
    comment: `${count} times, last ${lastAt.toISOString()}; rules: ${titles.join(", ")}${more}`.slice(
      0,
      COMMENT_CHARS_MAX,
    ),
    enabled: true,
    metadata: [
      { name: "count", value: String(count) },
      { name: "first seen", value: firstAt.toISOString() },
      { name: "last seen", value: lastAt.toISOString() },
      { name: "confidence", value: String(confidenceMax) },
      { name: "rules", value: String(rules.length) },
      { name: "tagged under", value: releases.join(", ") },
    ],
    links: [],
    showSubtechniques: parents.has(technique),
  };
}

/** Counts of a storm would leave one cell red and the others white: `normalised` is logarithmic. */
function scaleOf(score: NavigatorScore, seen: readonly SeenTechnique[]): Scale {
  const most = Math.max(1, ...seen.map(({ count }) => count));
  const newest = Math.max(0, ...seen.map(({ lastAt }) => lastAt.getTime()));
  const scales: Readonly<Record<NavigatorScore, Scale>> = {
    count: { label: "number of tags", of: ({ count }) => count, min: 0, max: most },
    normalised: {
      label: "logarithm of the number of tags, the most frequent one 100",
      of: ({ count }) => round((Math.log1p(count) / Math.log1p(most)) * 100),
      min: 0,
      max: 100,
    },
    confidence: {
      label: "highest confidence, in percent",
      of: ({ confidenceMax }) => round(confidenceMax * 100),
      min: 0,
      max: 100,
    },
    rules: {
      label: "number of rules",
      of: ({ rules }) => rules.length,
      min: 0,
      max: Math.max(1, ...seen.map(({ rules }) => rules.length)),
    },
    recency: {
      label: "days between its last tag and the newest one, 100 for none and 0 for a hundred or more",
      of: ({ lastAt }) => round(Math.max(0, 100 - (newest - lastAt.getTime()) / DAY_MS)),
      min: 0,
      max: 100,
    },
  };
  return scales[score];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
