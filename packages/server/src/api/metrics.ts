import { ok, type NotificationHealth } from "@tyr/contract";
import {
  hitsByRule,
  LATENCY_BOUNDS_MS,
  suppressedByRule,
  techniquesSeen,
  type LatencyReport,
  type LossReport,
  type RulePack,
} from "#detect";
import { cursorOf, headOf, type Stream } from "#platform/bus";
import type { Database } from "#platform/database";
import type { Handlers } from "./handler.ts";

export type MetricsDeps = Readonly<{
  database: Pick<Database, "read">;
  rules: () => RulePack;
  consumers: readonly Readonly<{ consumer: string; stream: Stream }>[];
  losses: () => LossReport;
  /** Undefined while nothing was evaluated yet. */
  latency: () => LatencyReport | undefined;
  /** Counted by this process since its start. */
  dropped: () => Readonly<Record<string, number>>;
  stateChanges: () => ReadonlyMap<string, number>;
  published: () => ReadonlyMap<string, number>;
  /** Undefined where nobody is told outside of Tyr. */
  notifications: () => Promise<NotificationHealth | undefined>;
}>;

type Sample = Readonly<{ labels?: Readonly<Record<string, string>>; value: number; suffix?: string }>;
type Family = Readonly<{
  name: string;
  type: "counter" | "gauge" | "histogram";
  help: string;
  samples: readonly Sample[];
}>;

const TECHNIQUES_MAX = 2_000;

/**
 * What is counted anyway, read when somebody asks: nobody who does not scrape pays for it. Labels are ids and words of
 * ours; nothing an attacker or a user wrote can be in them.
 */
export function metricsHandlers(deps: MetricsDeps): Pick<Handlers, "metrics.read"> {
  return { "metrics.read": async () => ok((await familiesOf(deps)).map(shown).join("")) };
}

async function familiesOf(deps: MetricsDeps): Promise<readonly Family[]> {
  const { database, rules, losses, latency, dropped, stateChanges, published } = deps;
  const [hits, suppressed] = [await hitsByRule(database.read), await suppressedByRule(database.read)];
  const techniques = await techniquesSeen(database.read, TECHNIQUES_MAX);
  const { rules: loaded, rejected } = rules();
  const lost = Object.entries(losses().total);
  return [
    gauge("tyr_ttp_rule_compiled", "Rules in force.", [{ value: loaded.size }]),
    gauge("tyr_ttp_rule_rejected", "Rules that were left out.", [{ value: rejected.length }]),
    counter("tyr_ttp_eval_events_total", "Events evaluated: the stage's place in the stream.", [
      { value: await cursorOf(database.read, "detect") },
    ]),
    latencyOf(latency()),
    counter("tyr_ttp_rule_fire_total", "Stored detections by rule.", labelled(hits, "rule_id", "detections")),
    counter("tyr_ttp_rule_suppressed_total", "Findings of muted rules.", labelled(suppressed, "rule_id", "detections")),
    counter(
      "tyr_ttp_tag_written_total",
      "Tags written, by technique (with its sub-techniques) and tactic.",
      techniques.map(({ technique, tactic, detections }) => ({ labels: { technique, tactic }, value: detections })),
    ),
    counter(
      "tyr_ttp_tag_dropped_total",
      "Tags that were not made since the start, by reason.",
      counted("reason", Object.entries(dropped())),
    ),
    counter(
      "tyr_ttp_rule_state_changed_total",
      "States of rules set, cleared or ended since the start, by what they became.",
      counted("state", stateChanges()),
    ),
    counter(
      "tyr_ttp_bus_published_total",
      "Messages since the start, by family of topics.",
      counted("family", published()),
    ),
    counter(
      "tyr_ttp_correlation_lost_total",
      "What correlations could not use since the start, by reason.",
      counted("reason", lost),
    ),
    gauge("tyr_consumer_lag", "Positions a stage is behind its stream.", await lagsOf(deps)),
    ...notificationsOf(await deps.notifications()),
  ];
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  samples,
  type: "gauge",
});
const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  samples,
  type: "counter",
});

function labelled<K extends string>(
  rows: ReadonlyMap<string, Readonly<Record<K, number>>>,
  label: string,
  key: K,
): readonly Sample[] {
  return [...rows].map(([id, row]) => ({ labels: { [label]: id }, value: row[key] }));
}

function counted(label: string, counts: Iterable<readonly [string, number]>): readonly Sample[] {
  return [...counts].map(([name, value]) => ({ labels: { [label]: name }, value }));
}

async function lagsOf({ database: { read }, consumers }: MetricsDeps): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const { consumer, stream } of consumers) {
    const behind = (await headOf(read, stream)) - (await cursorOf(read, consumer));
    samples.push({ labels: { consumer }, value: Math.max(0, behind) });
  }
  return samples;
}

function notificationsOf(health: NotificationHealth | undefined): readonly Family[] {
  if (health === undefined) return [];
  const { gathered, waiting, givenUp } = health;
  const states = Object.entries({ gathered, waiting, given_up: givenUp });
  return [gauge("tyr_notifications", "Notifications that did not go out (yet), by state.", counted("state", states))];
}

/** Buckets of Prometheus hold everything up to their bound. */
function latencyOf(report: LatencyReport | undefined): Family {
  const { counts, sumMs } = report ?? { counts: [], sumMs: 0 };
  let total = 0;
  const buckets = [...LATENCY_BOUNDS_MS.map((ms) => String(ms / 1_000)), "+Inf"].map((le, at): Sample => {
    total += counts[at] ?? 0;
    return { suffix: "_bucket", labels: { le }, value: total };
  });
  return {
    name: "tyr_ttp_eval_latency_seconds",
    type: "histogram",
    help: "Evaluation of single events, one in sixteen, since the pack came into force.",
    samples: [...buckets, { suffix: "_sum", value: sumMs / 1_000 }, { suffix: "_count", value: total }],
  };
}

/** Ids of rules come from documents of an operator: what would break out of a label is escaped (exposition format 0.0.4). */
function shown({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ labels = {}, suffix = "", value }) => {
    const named = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}${suffix}${named.length === 0 ? "" : `{${named.join(",")}}`} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
