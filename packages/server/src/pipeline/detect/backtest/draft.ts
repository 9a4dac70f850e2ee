import { DRAFT_CORRELATIONS_MAX, DRAFT_RULES_MAX, ok, refuse, type Result } from "@tyr/contract";
import { buildRulePack, type PackRule, type RulePack } from "../rule-pack.ts";

/** Rules to be tried, and which of them are asked about: the others only feed their correlations. */
export type Trial = Readonly<{ pack: RulePack; asked: readonly PackRule[] }>;

const REJECTED_NAMED_MAX = 20;
/** Of a whole draft, before any is compiled: it takes milliseconds, where 16 KiB of repetitions took seconds and the memory. */
const REGEXES_MAX = { states: 8_192, regexes: 64 };

/** Reads what somebody wrote. Nothing of it is used unless all of it loads. */
export function readDraft(text: string, inForce: RulePack): Result<Trial> {
  const { attack, pipelines, limits: set } = inForce;
  const pack = buildRulePack([{ path: "draft.yml", text }], {
    attack,
    pipelines,
    limits: set,
    regexes: REGEXES_MAX,
  });
  const [first] = pack.rejected;
  if (first !== undefined) {
    const rejected = pack.rejected.slice(0, REJECTED_NAMED_MAX).map(({ path: _path, ...one }) => one);
    return refuse("VALIDATION_FAILED", `body/text:${first.line}:${first.column}: ${first.message}`, { rejected });
  }
  if (pack.rules.size === 0) return refuse("VALIDATION_FAILED", "body/text holds no rule");
  const correlations = pack.ruleSet.correlations.length;
  if (pack.rules.size > DRAFT_RULES_MAX || correlations > DRAFT_CORRELATIONS_MAX) {
    const limits = { rules: DRAFT_RULES_MAX, correlations: DRAFT_CORRELATIONS_MAX };
    return refuse(
      "VALIDATION_FAILED",
      `body/text holds ${pack.rules.size} rules, ${correlations} of them correlations; try fewer at once`,
      { limits },
    );
  }
  return ok({ pack, asked: [...pack.rules.values()].filter(({ sigma }) => sigma.reported) });
}

/** Rules in force by their ids, with those they rest on; ids that are not in force are left out. */
export function rulesInForce(ids: readonly string[], inForce: RulePack): Trial {
  const asked = ids.flatMap((id) => inForce.rules.get(id) ?? []);
  const keys = new Set<string>();
  const need = (rule: PackRule): void => {
    keys.add(rule.sigma.key);
    if (rule.sigma.kind === "detection") return;
    for (const key of rule.sigma.correlation.rules) {
      const base = keys.has(key) ? undefined : inForce.rules.get(key);
      if (base !== undefined) need(base);
    }
  };
  for (const rule of asked) need(rule);
  const { rules, correlations } = inForce.ruleSet;
  const pack: RulePack = {
    ...inForce,
    ruleSet: {
      rules: rules.filter(({ key }) => keys.has(key)),
      correlations: correlations.filter(({ key }) => keys.has(key)),
    },
    rules: new Map([...inForce.rules].filter(([key]) => keys.has(key))),
    rejected: [],
  };
  return { pack, asked };
}

/** Windows longer than this are not filled from before the period: their first hits may be missing. */
const WARM_UP_MS_MAX = 7 * 86_400_000;

/** How far before a period events can matter to what is found in it: the windows of a chain add up. */
export function warmUpMsOf({ pack, asked }: Trial): number {
  const spanOf = ({ sigma }: PackRule): number => {
    if (sigma.kind === "detection") return 0;
    const bases = sigma.correlation.rules.flatMap((key) => pack.rules.get(key) ?? []);
    return sigma.correlation.spanMs + Math.max(0, ...bases.map(spanOf));
  };
  return Math.min(WARM_UP_MS_MAX, Math.max(0, ...asked.map(spanOf)));
}
