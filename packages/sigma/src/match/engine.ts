import type { Expression, Item } from "../expression.ts";
import type { RuleSet } from "../load.ts";
import type { DetectionRule } from "../rule.ts";
import type { EventLogsource, SigmaEvent } from "./event.ts";
import { EventView } from "./event-view.ts";
import { compileItem, type ItemProgram } from "./item-program.ts";
import { routeKey, ruleApplies } from "./route.ts";

/** A rule that holds for an event. `rule.reported` says whether that is a finding or only food for correlations. */
export type Match = Readonly<{ rule: DetectionRule; eventId: string }>;

export type EngineOptions = Readonly<{
  /** `none` runs every rule on every event, for data nobody has classified. */
  routing?: "logsource" | "none";
}>;

/** Matches single events. Holds no state about them: the same event always gives the same matches, in rule order. */
export type Engine = Readonly<{
  match(event: SigmaEvent): readonly Match[];
  /** The rules that apply to events of this kind, in rule order. */
  rulesFor(logsource: EventLogsource): readonly DetectionRule[];
}>;

type RuleProgram = (event: EventView) => boolean;
type Compiled = Readonly<{ rule: DetectionRule; program: RuleProgram }>;

/** Distinct logsources remembered; beyond them (a hostile sensor makes them up) the memory starts afresh. */
const routesMax = 4096;

export function createEngine(ruleSet: Pick<RuleSet, "rules">, options: EngineOptions = {}): Engine {
  const compiler = new Compiler();
  const compiled = ruleSet.rules.map((rule): Compiled => ({ rule, program: compiler.expression(rule.expression) }));
  const routes = new Map<string, readonly Compiled[]>();
  const route = (logsource: EventLogsource): readonly Compiled[] => {
    if (options.routing === "none") return compiled;
    const key = routeKey(logsource);
    const known = routes.get(key);
    if (known !== undefined) return known;
    const bundle = compiled.filter(({ rule }) => ruleApplies(rule.logsource, logsource));
    if (routes.size >= routesMax) routes.clear();
    routes.set(key, bundle);
    return bundle;
  };
  return {
    match: (event) => {
      const view = new EventView(event, compiler.fields);
      const matches: Match[] = [];
      for (const { rule, program } of route(event.logsource)) {
        if (program(view)) matches.push({ rule, eventId: event.id });
      }
      return matches;
    },
    rulesFor: (logsource) => route(logsource).map(({ rule }) => rule),
  };
}

/** Shares equal items between rules: each is evaluated at most once per event. */
class Compiler {
  readonly fields: string[] = [];
  readonly #fieldSlots = new Map<string, number>();
  readonly #itemNumbers = new Map<string, number>();
  readonly #programs: ItemProgram[] = [];

  expression(expression: Expression): RuleProgram {
    if (expression.kind === "item") return this.#item(expression.item);
    if (expression.kind === "not") {
      const inner = this.expression(expression.child);
      return (event) => !inner(event);
    }
    const parts = expression.children.map((child) => this.expression(child));
    if (expression.kind === "and") return (event) => parts.every((part) => part(event));
    return (event) => parts.some((part) => part(event));
  }

  #item(item: Item): RuleProgram {
    const number = this.#numberOf(item);
    const program = this.#programs[number] ?? (() => false);
    return (event) => (event.answers[number] ??= program(event));
  }

  #numberOf(item: Item): number {
    const known = this.#itemNumbers.get(item.key);
    if (known !== undefined) return known;
    const slot = item.field === null ? -1 : this.#slotOf(item.field);
    this.#itemNumbers.set(item.key, this.#programs.length);
    this.#programs.push(compileItem(item, slot, (field) => this.#slotOf(field)));
    return this.#programs.length - 1;
  }

  #slotOf(field: string): number {
    const known = this.#fieldSlots.get(field);
    if (known !== undefined) return known;
    this.#fieldSlots.set(field, this.fields.length);
    this.fields.push(field);
    return this.fields.length - 1;
  }
}
