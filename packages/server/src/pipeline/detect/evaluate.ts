import type { EventId } from "@tyr/contract";
import {
  applyToEvent,
  type CorrelationHit,
  type CorrelationLoss,
  createCorrelator,
  createEngine,
  type Engine,
  type DirtyGroups,
  type Fields,
  type Pipeline,
  type RestoreReport,
  type SavedState,
  type SigmaEvent,
} from "@tyr/sigma";
import { derivedId } from "#platform/ids";
import type { StoredEvent } from "#collect";
import type { NewDetection } from "./detection.ts";
import type { OnDropped } from "./dropped-tags.ts";
import { eventLogsource } from "./event-logsource.ts";
import type { EvidenceSource } from "./evidence.ts";
import type { HashSecret } from "./lift/credential.ts";
import { visibleText } from "./hostile-text.ts";
import { isVouchedFor, makeTags } from "./make-tags.ts";
import type { PackRule, RulePack } from "./rule-pack.ts";
import { foundTokens } from "./rule-tokens.ts";
import { shownGroup } from "./shown-group.ts";
import { type AppliedStates, NO_STATES } from "./rules/rule-state.ts";

/** What rules read of an event; `StoredEvent` has more. */
export type EvaluatedEvent = Pick<
  StoredEvent,
  "id" | "time" | "observedAt" | "kind" | "src" | "user" | "sensorId" | "fields" | "ecs" | "raw"
> &
  Pick<SigmaEvent, "logsource"> &
  Readonly<{ session?: string | null }>;

/** Evaluates events in the order of their positions. What it answers depends on that sequence and on nothing else. */
export type Evaluator = Readonly<{
  evaluate(event: EvaluatedEvent): readonly NewDetection[];
  takeDirtyGroups(): DirtyGroups;
  /** For a fresh evaluator, before the first event. */
  restore(saved: SavedState): RestoreReport;
  /**
   * What people set of rules counts from the next event on. A disabled rule finds nothing and feeds no correlation; a disabled
   * correlation stands still, so that it may go on from windows with a hole in them. Muted rules are the caller's to leave out.
   */
  apply(states: AppliedStates): void;
}>;

/** An event may claim to be at most this far ahead of when it was received; a clock of a sensor is not trusted further. */
const AHEAD_MAX_MS = 300_000;
/** Bounds of correlations; whatever falls out is counted as a loss. */
const BOUNDS = {
  /**
   * Events one window holds, or twice what its condition asks for. An event that comes late has its whole window judged
   * again: a flood of late ones must not bring the stage to a stand.
   */
  entriesPerGroupMax: 512,
  /** Per correlation: a flood from ever new addresses costs some 10 MB each (bench/RESULTS.md), not all memory. */
  entriesMax: 100_000,
  groupsMax: 50_000,
} as const;

/** Compiling hundreds of rules takes longer than most that is asked of them; an engine remembers nothing of events. */
const engines = new WeakMap<RulePack["ruleSet"], Engine>();

/** The engine of a rule set, made once. */
export function engineOf(ruleSet: RulePack["ruleSet"]): Engine {
  const known = engines.get(ruleSet) ?? createEngine(ruleSet);
  engines.set(ruleSet, known);
  return known;
}

/** Told of each event as rules see it, and when it was stored; it must not change what is found. */
type See = (event: SigmaEvent, observedMs: number) => void;

/** What is noted beside looking for findings. */
type Noted = Readonly<{
  see: See;
  onDropped: OnDropped;
  /** With the key of this installation, for findings that are stored. */
  hashGroup: HashSecret | undefined;
}>;

export function createEvaluator(
  pack: RulePack,
  onLoss: (loss: CorrelationLoss) => void = () => undefined,
  { see = () => undefined, onDropped = () => undefined, hashGroup }: Partial<Noted> = {},
): Evaluator {
  let states = NO_STATES;
  const isOff = ({ key }: Readonly<{ key: string }>): boolean => states.get(key)?.state === "disabled";
  const isOn = ({ rule }: Readonly<{ rule: Readonly<{ key: string }> }>): boolean => {
    if (!isOff(rule)) return true;
    onDropped("rule_disabled", pack.rules.get(rule.key)?.techniques.length ?? 0);
    return false;
  };
  const isDoubting = [...pack.rules.values()].some(({ confidenceField }) => confidenceField !== undefined);
  const isVouched = ({ key }: Readonly<{ key: string }>, event: EvaluatedEvent): boolean => {
    const known = pack.rules.get(key);
    if (known === undefined || isVouchedFor(known, event)) return true;
    onDropped("below_floor", known.techniques.length);
    return false;
  };
  const engine = engineOf(pack.ruleSet);
  const correlator = createCorrelator(pack.ruleSet, { ...BOUNDS, onLoss, isOff });
  return {
    evaluate(event) {
      const seen = toSigma(event, pack.pipelines.events);
      see(seen, event.observedAt.getTime());
      const all = engine.match(seen);
      const on = states.size === 0 ? all : all.filter(isOn);
      const matches = isDoubting ? on.filter(({ rule }) => isVouched(rule, event)) : on;
      if (matches.length === 0) return [];
      const found: NewDetection[] = [];
      for (const { rule } of matches) {
        const known = rule.reported ? pack.rules.get(rule.key) : undefined;
        if (known !== undefined) found.push(fromMatch(known, { pack, states, event, seen, onDropped }));
      }
      const repeats = new Map<string, number>();
      for (const hit of correlator.feed(seen, matches)) {
        const known = hit.rule.reported ? pack.rules.get(hit.rule.key) : undefined;
        if (known === undefined) continue;
        const place = `${hit.rule.key}\n${hit.groupKey}`;
        const repeat = repeats.get(place) ?? 0;
        repeats.set(place, repeat + 1);
        found.push(fromHit(known, hit, { pack, states, event, seen, onDropped, repeat, hashGroup }));
      }
      return found;
    },
    takeDirtyGroups: () => correlator.takeDirtyGroups(),
    restore: (saved) => correlator.restore(saved),
    apply: (next) => void (states = next),
  };
}

/** The event as the engine sees it: with its aliases, routed, and through the pipelines for events, if there are any. */
export function toSigma(event: EvaluatedEvent, pipelines: readonly Pipeline[] = []): SigmaEvent {
  const { id, time, observedAt, raw } = event;
  const timeMs = Math.min(time.getTime(), observedAt.getTime() + AHEAD_MAX_MS);
  const fields = namedFields(event);
  const logsource = eventLogsource(fields, event.logsource);
  if (pipelines.length === 0) return { id, timeMs, logsource, fields, raw };
  const mapped = applyToEvent(pipelines, fields, logsource);
  // Under its new names the table may know an event it did not know before.
  return { id, timeMs, logsource: eventLogsource(mapped.fields, mapped.logsource), fields: mapped.fields, raw };
}

function namedFields({ fields, ecs }: EvaluatedEvent): Fields {
  return { ...fields, ...ecs };
}

type Context = Readonly<{
  pack: RulePack;
  states: AppliedStates;
  event: EvaluatedEvent;
  seen: SigmaEvent;
  onDropped: OnDropped;
}>;

function fromMatch(rule: PackRule, context: Context): NewDetection {
  const { event, seen } = context;
  const time = new Date(seen.timeMs);
  const tokens = foundTokens(rule.tokens, seen.fields);
  const about = {
    id: derivedId("detection", [rule.id, rule.version, event.id]),
    time,
    firstEventAt: time,
    lastEventAt: time,
    actorIp: event.src?.ip ?? null,
    user: event.user,
    correlation: false,
    groupKey: {},
    eventIds: [event.id],
    eventCount: 1,
  };
  return complete(rule, about, {
    ...context,
    evidence: { fields: namedFields(event), tokens, eventCount: 1, value: undefined },
  });
}

type HitContext = Context & Readonly<{ repeat: number; hashGroup: HashSecret | undefined }>;

function fromHit(rule: PackRule, hit: CorrelationHit, context: HitContext): NewDetection {
  const { event, repeat, hashGroup } = context;
  const about = {
    id: derivedId("detection", [rule.id, rule.version, hit.groupKey, hit.eventId, String(repeat)]),
    time: new Date(hit.lastTimeMs),
    firstEventAt: new Date(hit.firstTimeMs),
    lastEventAt: new Date(hit.lastTimeMs),
    actorIp: hit.group["source.ip"] ?? hit.group["c-ip"] ?? null,
    user: userOf(hit, event),
    correlation: true,
    groupKey: shownGroup(hit.group, hashGroup),
    // The engine hands back the ids it was fed.
    eventIds: hit.eventIds as readonly EventId[],
    eventCount: hit.eventCount,
  };
  const value = hit.rule.correlation.type.startsWith("value_") ? hit.value : undefined;
  return complete(rule, about, {
    ...context,
    evidence: { fields: namedFields(event), tokens: [], eventCount: hit.eventCount, value },
  });
}

/** A chain of steps ends with the account of its last event; a count is about an account only if it groups by it. */
function userOf(hit: CorrelationHit, event: EvaluatedEvent): string | null {
  const grouped = hit.group["user.name"];
  if (grouped !== undefined) return grouped;
  return hit.rule.correlation.type === "temporal_ordered" ? event.user : null;
}

type About = Pick<
  NewDetection,
  | "id"
  | "time"
  | "firstEventAt"
  | "lastEventAt"
  | "actorIp"
  | "user"
  | "correlation"
  | "groupKey"
  | "eventIds"
  | "eventCount"
>;

function complete(rule: PackRule, about: About, context: Context & { evidence: EvidenceSource }): NewDetection {
  const { event, states, evidence, onDropped } = context;
  const sensorName = event.ecs["sensor.name"] ?? event.fields["sensor.name"];
  return {
    ...about,
    ruleId: rule.id,
    ruleTitle: rule.sigma.title,
    ruleVersion: rule.version,
    severity: rule.severity,
    riskPoints: rule.riskPoints,
    phrase: phraseOf(rule, about.user),
    sensorId: event.sensorId,
    sensorName: typeof sensorName === "string" ? sensorName : null,
    tags: makeTags(rule, {
      event,
      evidence,
      observation: about.actorIp,
      ceiling: states.get(rule.id)?.confidenceMax ?? 1,
      onDropped,
    }),
  };
}

const USER_CHARS_MAX = 32;

function phraseOf(rule: PackRule, user: string | null): string | null {
  const name = user === null || user === "" ? "an unknown account" : visibleText(user, USER_CHARS_MAX);
  return rule.phrase?.replaceAll("{user}", () => name) ?? null;
}
