import type { Item } from "../expression.ts";
import type { RuleSet } from "../load.ts";
import type { DetectionRule } from "../rule.ts";
import type { EventLogsource, SigmaEvent } from "./event.ts";
import type { LineBytes } from "./byte-index.ts";
import { Candidates } from "./candidates.ts";
import { EventView } from "./event-view.ts";
import { compileItem, type ItemProgram } from "./item-program.ts";
import { LineFields, parseObject } from "./line-fields.ts";
import { LineTokens } from "./line-tokens.ts";
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
  const tokens = new LineTokens();
  const viewed = viewer();
  const verify = ({ compiled: rules }: Bundle, candidates: readonly number[], eventId: string): readonly Match[] => {
    const matches: Match[] = [];
    for (const number of candidates) {
      const one = rules[number];
      if (one?.program(view) === true) matches.push({ rule: one.rule, eventId });
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
      const text = oneCharacterPerByte(bytes);
      const bundle = route(about.logsource);
      const line = !foldsIntoAscii(text) && tokens.read(text) ? { ...viewed(bytes), text, tokens } : undefined;
      const candidates = line && bundle.candidates.findInLine(line);
      if (line === undefined || candidates === undefined) return match({ ...about, fields: parseObject(bytes) });
      if (candidates.length === 0) return [];
      view.read(new LineFields(line));
      return verify(bundle, candidates, about.id);
    },
    rulesFor: (logsource) => route(logsource).compiled.map(({ rule }) => rule),
  };
}

type Seen = Pick<SigmaEvent, "id" | "logsource" | "fields" | "raw">;

const latin1 = new TextDecoder("latin1");

/** U+0130 and U+212A, the only characters beyond ASCII that fold into it, as the bytes of UTF-8. */
function foldsIntoAscii(text: string): boolean {
  // The decoder of platforms without `latin1Slice` takes 0x84 for a quotation mark (windows-1252).
  return ["\u00C4\u00B0", "\u00E2\u0084\u00AA", "\u00E2\u201E\u00AA"].some((bytes) => text.includes(bytes));
}

/** Lines mostly lie in one large buffer: one view of it serves them all. */
function viewer(): (bytes: Uint8Array) => LineBytes {
  let view: DataView = new DataView(new ArrayBuffer(0));
  return (bytes) => {
    if (view.buffer !== bytes.buffer) view = new DataView(bytes.buffer);
    return { bytes, view, base: bytes.byteOffset };
  };
}

/** ASCII as it is; other bytes as some character beyond ASCII (which one does not matter here). */
function oneCharacterPerByte(bytes: Uint8Array): string {
  // Node's own buffers do this without the decoder's detours.
  return "latin1Slice" in bytes ? (bytes as Latin1Bytes).latin1Slice() : latin1.decode(bytes);
}

type Latin1Bytes = Uint8Array & Readonly<{ latin1Slice: () => string }>;

function bundleOf(compiled: readonly Compiled[]): Bundle {
  return { compiled, candidates: new Candidates(compiled.map(({ rule }) => rule.expression)) };
}

/** Log sources that the same rules apply to share a bundle. */
class Bundles {
  readonly #compiled: readonly Compiled[];
  readonly #byObject = new WeakMap<EventLogsource, Bundle>();
  readonly #byLogsource = new Map<string, Bundle>();
  readonly #byRules = new Map<string, Bundle>();

  constructor(compiled: readonly Compiled[]) {
    this.#compiled = compiled;
  }

  for(logsource: EventLogsource): Bundle {
    const remembered = this.#byObject.get(logsource);
    if (remembered !== undefined) return remembered;
    const bundle = this.#byParts(logsource);
    // What cannot change, like what a router hands out, is known again by itself.
    if (Object.isFrozen(logsource) && Object.isFrozen(logsource.category)) this.#byObject.set(logsource, bundle);
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
