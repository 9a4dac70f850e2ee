import type { Item } from "../expression.ts";
import type { RuleSet } from "../load.ts";
import type { DetectionRule } from "../rule.ts";
import type { EventLogsource, SigmaEvent } from "./event.ts";
import { Candidates } from "./candidates.ts";
import { EventView } from "./event-view.ts";
import { compileItem, type ItemProgram } from "./item-program.ts";
import { routeKey, ruleApplies } from "./route.ts";
import { canGenerate, compileRule, type ItemPrograms, type RuleProgram } from "./rule-program.ts";

/** A rule that holds for an event. `rule.reported` says whether that is a finding or only food for correlations. */
export type Match = Readonly<{ rule: DetectionRule; eventId: string }>;

export type EngineOptions = Readonly<{
  /** `none` runs every rule on every event, for data nobody has classified. */
  routing?: "logsource" | "none";
  /** Whether to generate code for rules; left out: where the platform allows it. Answers do not depend on it. */
  generate?: boolean;
}>;

/** Matches single events. Holds no state about them: the same event always gives the same matches, in rule order. */
export type Engine = Readonly<{
  match(event: SigmaEvent): readonly Match[];
  /** The rules that apply to events of this kind, in rule order. */
  rulesFor(logsource: EventLogsource): readonly DetectionRule[];
}>;

/** Rules that apply to one kind of event, and which of them an event may concern. */
type Bundle = Readonly<{ compiled: readonly Compiled[]; candidates: Candidates }>;
type Compiled = Readonly<{ rule: DetectionRule; program: RuleProgram }>;

/** Distinct logsources remembered; beyond them (a hostile sensor makes them up) the memory starts afresh. */
const routesMax = 4096;

export function createEngine(ruleSet: Pick<RuleSet, "rules">, options: EngineOptions = {}): Engine {
  const items = new SharedItems();
  const generate = options.generate ?? canGenerate();
  const compiled = ruleSet.rules.map((rule): Compiled => ({
    rule,
    program: compileRule(rule.expression, items, generate),
  }));
  const view = new EventView(items.fields);
  const bundles = new Bundles(compiled);
  const everything = options.routing === "none" ? bundleOf(compiled) : undefined;
  const route = (logsource: EventLogsource): Bundle => everything ?? bundles.for(logsource);
  return {
    match: (event) => {
      const { compiled: rules, candidates } = route(event.logsource);
      const matches: Match[] = [];
      view.show(event);
      for (const number of candidates.find(event)) {
        const one = rules[number];
        if (one?.program(view) === true) matches.push({ rule: one.rule, eventId: event.id });
      }
      return matches;
    },
    rulesFor: (logsource) => route(logsource).compiled.map(({ rule }) => rule),
  };
}

function bundleOf(compiled: readonly Compiled[]): Bundle {
  return { compiled, candidates: new Candidates(compiled.map(({ rule }) => rule.expression)) };
}

/** Log sources that the same rules apply to share a bundle. */
class Bundles {
  readonly #compiled: readonly Compiled[];
  readonly #byLogsource = new Map<string, Bundle>();
  readonly #byRules = new Map<string, Bundle>();

  constructor(compiled: readonly Compiled[]) {
    this.#compiled = compiled;
  }

  for(logsource: EventLogsource): Bundle {
    const key = routeKey(logsource);
    const known = this.#byLogsource.get(key);
    if (known !== undefined) return known;
    const applying = [...this.#compiled.keys()].filter((number) => {
      const one = this.#compiled[number];
      return one !== undefined && ruleApplies(one.rule.logsource, logsource);
    });
    const rules = applying.join();
    const bundle = this.#byRules.get(rules) ?? bundleOf(applying.flatMap((number) => this.#compiled[number] ?? []));
    if (this.#byLogsource.size >= routesMax) this.#byLogsource.clear();
    if (this.#byRules.size >= routesMax) this.#byRules.clear();
    this.#byLogsource.set(key, bundle);
    this.#byRules.set(rules, bundle);
    return bundle;
  }
}

/** Equal items are shared between rules: each is evaluated at most once per event. */
class SharedItems implements ItemPrograms {
  readonly fields: string[] = [];
  readonly #fieldSlots = new Map<string, number>();
  readonly #itemNumbers = new Map<string, number>();
  readonly programs: ItemProgram[] = [];

  numberOf(item: Item): number {
    const known = this.#itemNumbers.get(item.key);
    if (known !== undefined) return known;
    const slot = item.field === null ? -1 : this.#slotOf(item.field);
    this.#itemNumbers.set(item.key, this.programs.length);
    this.programs.push(compileItem(item, slot, (field) => this.#slotOf(field)));
    return this.programs.length - 1;
  }

  #slotOf(field: string): number {
    const known = this.#fieldSlots.get(field);
    if (known !== undefined) return known;
    this.#fieldSlots.set(field, this.fields.length);
    this.fields.push(field);
    return this.fields.length - 1;
  }
}
