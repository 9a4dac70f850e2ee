import type { Item } from "../expression.ts";
import type { RuleSet } from "../load.ts";
import type { DetectionRule } from "../rule.ts";
import type { EventLogsource, SigmaEvent } from "./event.ts";
import { Candidates, type LineSearch } from "./candidates.ts";
import { type EventSource, EventView } from "./event-view.ts";
import { compileItem, type ItemProgram } from "./item-program.ts";
import { KernelLines } from "./kernel/kernel-lines.ts";
import { parseObject } from "./line-fields.ts";
import { TextLines } from "./text-lines.ts";
import type { WitnessIndex } from "./witness-index.ts";
import { routeKey, ruleApplies } from "./route.ts";
import { canGenerate, compileRule, type ItemPrograms, type RuleProgram } from "./rule-program.ts";

/** A rule that holds for an event. `rule.reported` says whether that is a finding or only food for correlations. */
export type Match = Readonly<{ rule: DetectionRule; eventId: string }>;

/** How an engine works; everything may be left out. Only `routing` changes which rules are answered. */
export type EngineOptions = Readonly<{
  /**
   * `logsource`, as when left out: the rules whose log source the event's has. `none` runs every rule on every event, for
   * data nobody has classified.
   */
  routing?: "logsource" | "none";
  /** Whether to generate code for rules; left out: where the platform allows it. Answers do not depend on it. */
  generate?: boolean;
  /**
   * Whether lines are searched by WebAssembly; left out: where the platform has it with fixed-width SIMD. Answers do not
   * depend on it.
   */
  kernel?: boolean;
}>;

/** Matches single events. Holds no state about them: the same event always gives the same matches, in rule order. */
export type Engine = Readonly<{
  match(event: SigmaEvent): readonly Match[];
  /**
   * The same from one line of NDJSON as it came, without parsing it first: only what a rule that may hold asks for is
   * read, so no more of it than that is checked.
   *
   * @throws {SyntaxError} when what has to be read is no JSON, or the line is no object
   */
  matchLine(line: Uint8Array, about: Pick<SigmaEvent, "id" | "logsource">): readonly Match[];
  /** The rules that apply to events of this kind, in rule order. */
  rulesFor(logsource: EventLogsource): readonly DetectionRule[];
}>;

/** Rules that apply to one kind of event, and which of them an event may concern. */
type Bundle = Readonly<{ compiled: readonly Compiled[]; candidates: Candidates }>;
type Compiled = Readonly<{ rule: DetectionRule; program: RuleProgram }>;

/** Distinct logsources remembered; beyond them (a hostile sensor makes them up) the memory starts afresh. */
const routesMax = 4096;
/** Rules in all bundles together: a hostile sensor could ask for every mixture of them, and each takes memory. */
const bundledMax = 65_536;

/**
 * Compiles the rules once, in time and memory that grow with their number; what finds candidates among those of one kind
 * of event is built when the first such event comes. Correlations are not looked at: see `createCorrelator`.
 *
 * An engine is for one thread, and a rule that was compiled cannot be exchanged: for other rules, make another engine. It
 * remembers at most 4,096 log sources and about 131,072 rules over all mixtures of them, whatever a sensor makes up.
 */
export function createEngine(ruleSet: Pick<RuleSet, "rules">, options: EngineOptions = {}): Engine {
  const items = new SharedItems();
  const generate = options.generate ?? canGenerate();
  const compiled = ruleSet.rules.map((rule): Compiled => ({
    rule,
    program: compileRule(rule.expression, items, generate),
  }));
  const view = new EventView(items.fields);
  const lines = new FirstUsed(
    () =>
      (options.kernel === false
        ? undefined
        : KernelLines.create(
            compiled.map(({ rule }) => rule.expression),
            items.slots,
          )) ?? new TextLines(),
  );
  const bundles = new Bundles(compiled, lines);
  const everything = options.routing === "none" ? bundleOf(compiled, lines) : undefined;
  const route = (logsource: EventLogsource): Bundle => everything ?? bundles.for(logsource);
  const verify = ({ compiled: rules }: Bundle, candidates: readonly number[], eventId: string): readonly Match[] => {
    const matches: Match[] = [];
    for (const number of candidates) {
      const one = rules[number < 0 ? ~number : number];
      if (one !== undefined && (number < 0 || one.program(view))) matches.push({ rule: one.rule, eventId });
    }
    return matches;
  };
  const match = (event: Seen): readonly Match[] => {
    const bundle = route(event.logsource);
    view.show(event);
    return verify(bundle, bundle.candidates.find(event), event.id);
  };
  return {
    match,
    matchLine: (bytes, about) => {
      const bundle = route(about.logsource);
      const candidates = bundle.candidates.findInLine(bytes);
      if (candidates === undefined)
        return match({ id: about.id, logsource: about.logsource, fields: parseObject(bytes) });
      if (candidates.length === 0) return [];
      view.read(lines.source());
      return verify(bundle, candidates, about.id);
    },
    rulesFor: (logsource) => route(logsource).compiled.map(({ rule }) => rule),
  };
}

/** Searches lines, and reads what candidates ask for from the line searched last. */
type LineReader = LineSearch & Readonly<{ source(): EventSource }>;

/** Made when the first line comes: who matches objects only has no use for it. */
class FirstUsed implements LineReader {
  readonly #create: () => LineReader;
  #lines: LineReader | undefined;

  constructor(create: () => LineReader) {
    this.#create = create;
  }

  find(index: WitnessIndex, line: Uint8Array): readonly number[] | undefined {
    return (this.#lines ??= this.#create()).find(index, line);
  }

  observe(line: Uint8Array): void {
    (this.#lines ??= this.#create()).observe(line);
  }

  forget(index: WitnessIndex): void {
    this.#lines?.forget(index);
  }

  source(): EventSource {
    return (this.#lines ??= this.#create()).source();
  }
}

type Seen = Pick<SigmaEvent, "id" | "logsource" | "fields" | "raw">;

function bundleOf(compiled: readonly Compiled[], lines: LineSearch): Bundle {
  return {
    compiled,
    candidates: new Candidates(
      compiled.map(({ rule }) => rule.expression),
      lines,
    ),
  };
}

/** Log sources that the same rules apply to share a bundle. */
class Bundles {
  readonly #compiled: readonly Compiled[];
  readonly #lines: LineSearch;
  #bundled = 0;
  #byObject = new WeakMap<EventLogsource, Bundle>();
  readonly #byLogsource = new Map<string, Bundle>();
  readonly #byRules = new Map<string, Bundle>();

  constructor(compiled: readonly Compiled[], lines: LineSearch) {
    this.#compiled = compiled;
    this.#lines = lines;
  }

  for(logsource: EventLogsource): Bundle {
    const remembered = this.#byObject.get(logsource);
    if (remembered !== undefined) return remembered;
    const bundle = this.#byParts(logsource);
    // What cannot change, like what a router hands out, is known again by itself.
    if (isFixed(logsource)) this.#byObject.set(logsource, bundle);
    return bundle;
  }

  #byParts(logsource: EventLogsource): Bundle {
    const key = routeKey(logsource);
    const known = this.#byLogsource.get(key);
    if (known !== undefined) return known;
    const applying = [...this.#compiled.keys()].filter((number) => {
      const one = this.#compiled[number];
      return one !== undefined && ruleApplies(one.rule.logsource, logsource);
    });
    const rules = applying.join();
    const bundle =
      this.#byRules.get(rules) ??
      bundleOf(
        applying.flatMap((number) => this.#compiled[number] ?? []),
        this.#lines,
      );
    if (this.#byLogsource.size >= routesMax || this.#bundled > bundledMax) this.#forget();
    if (!this.#byRules.has(rules)) this.#bundled += applying.length;
    this.#byLogsource.set(key, bundle);
    this.#byRules.set(rules, bundle);
    return bundle;
  }

  #forget(): void {
    for (const { candidates } of this.#byRules.values()) candidates.close();
    this.#bundled = 0;
    this.#byRules.clear();
    this.#byLogsource.clear();
    this.#byObject = new WeakMap();
  }
}

function isFixed(logsource: EventLogsource): boolean {
  return Object.isFrozen(logsource) && Object.values(logsource).every((part) => Object.isFrozen(part));
}

/** Equal items are shared between rules: each is evaluated at most once per event. */
class SharedItems implements ItemPrograms {
  readonly fields: string[] = [];
  /** Numbers of the fields. */
  readonly slots = new Map<string, number>();
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
    const known = this.slots.get(field);
    if (known !== undefined) return known;
    this.slots.set(field, this.fields.length);
    this.fields.push(field);
    return this.fields.length - 1;
  }
}
