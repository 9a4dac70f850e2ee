import {
  type CorrelationAccount,
  type CorrelationExplanation,
  type CorrelationRule,
  type CorrelationVerdict,
  describeCorrelation,
  explainCorrelation,
  type RuleSet,
} from "@tyr/sigma";
import type { Context } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import { openInput } from "../import/open-input.ts";
import type { Input } from "../input.ts";
import type { Paint } from "../output/color.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { decidedBy } from "../rule/decided-by.ts";
import { eventReader, type EventRead } from "../rule/event-reader.ts";
import { EVENT_BYTES_MAX, isInline } from "../rule/event-text.ts";
import { TIME_FIELDS } from "../rule/event-time.ts";
import { linesOf } from "../rule/line-splitter.ts";

const WHICH = ["all", "matched", "fired"] as const;
/** Rules that do not hold, named for one event. */
const BASES_SHOWN_MAX = 3;
const VALUES_SHOWN_MAX = 10;

type Subject = Readonly<{ ruleSet: RuleSet; rule: CorrelationRule }>;
type Text = Readonly<{ line: number; text: string | undefined }>;
type Row = Readonly<{ line: number; time: string | null; account: CorrelationAccount }>;
type Counts = { events: number; matched: number; fired: number; untimed: number; unreadable: number };

/** Plays events through a correlation, in the order of their lines, and tells of each what it made of it. */
export async function explainSequence(context: Context, input: Input, subject: Subject): Promise<ExitCode> {
  if (input.text("line") !== undefined)
    throw usage("--line is not for a correlation", "It is decided by many events: give it all lines.");
  const isWanted = wanted[input.oneOf("only", WHICH) ?? "all"];
  const read = eventReader(input, context.world);
  const account = explainCorrelation(subject.ruleSet, subject.rule);
  const counts: Counts = { events: 0, matched: 0, fired: 0, untimed: 0, unreadable: 0 };
  const show = shower(context, subject);
  for await (const { line, text } of textsOf(context, input)) {
    const result: EventRead = text === undefined ? TOO_LONG : await read(text, line);
    if (!result.ok) {
      counts.unreadable += 1;
      context.print.warn(`line ${line} is left out: ${result.reason}`);
      continue;
    }
    const { timeMs } = result.event;
    const found = account({ ...result.event, id: String(line) });
    count(counts, found, timeMs);
    if (isWanted(found)) show({ line, time: instantOf(timeMs), account: found });
  }
  if (counts.events === 0) throw usage("there is no event to explain", "Give one JSON object or log line a line.");
  conclude(context, counts);
  return EXIT.ok;
}

const TOO_LONG: EventRead = { ok: false, reason: `it is longer than ${EVENT_BYTES_MAX} bytes` };

const wanted: Readonly<Record<(typeof WHICH)[number], (account: CorrelationAccount) => boolean>> = {
  all: () => true,
  matched: ({ steps }) => steps.length > 0,
  fired: ({ hits }) => hits.length > 0,
};

function instantOf(timeMs: number): string | null {
  return Number.isFinite(timeMs) ? new Date(timeMs).toISOString() : null;
}

function count(counts: Counts, { steps, hits }: CorrelationAccount, timeMs: number): void {
  counts.events += 1;
  if (steps.length > 0) counts.matched += 1;
  if (hits.length > 0) counts.fired += 1;
  if (steps.length > 0 && !Number.isFinite(timeMs)) counts.untimed += 1;
}

function conclude({ print }: Context, { events, matched, fired, untimed, unreadable }: Counts): void {
  const left = unreadable === 0 ? "" : `, ${unreadable} lines could not be read`;
  print.say(`${events} events: a base rule held for ${matched}, fired at ${fired}${left}.`);
  if (untimed > 0)
    print.warn(`${untimed} of them have no time in ${TIME_FIELDS.join(", ")}; say where it is: --time FIELD`);
}

async function* textsOf({ world }: Context, input: Input): AsyncGenerator<Text> {
  const given = input.value(1, "the events");
  if (await isInline(given)) {
    yield { line: 1, text: given };
    return;
  }
  const { chunks } = await openInput(given, world);
  for await (const lines of linesOf(chunks, EVENT_BYTES_MAX)) {
    for (const { number, bytes } of lines) {
      const text = bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
      if (text === undefined || text.trim() !== "") yield { line: number, text };
    }
  }
}

const columns: readonly Column<ReturnType<typeof valueOf>>[] = [
  { name: "line", value: ({ line }) => line },
  { name: "time", value: ({ time }) => time },
  { name: "matched", value: ({ matched }) => matched.join(" ") },
  { name: "fired", value: ({ fired }) => fired },
  { name: "verdict", value: ({ steps }) => steps.at(-1)?.verdict ?? "" },
  { name: "why", value: ({ steps }) => steps.at(-1)?.why ?? "" },
];

/** For people as text, under one heading; for programs one value an event. */
function shower({ print }: Context, { ruleSet, rule }: Subject): (row: Row) => void {
  const names = new Map(
    [...ruleSet.rules, ...ruleSet.correlations].map(({ key, name, title }) => [key, name ?? title]),
  );
  const view: View = { asked: rule, paint: print.paint, nameOf: (key) => names.get(key) ?? key };
  let isFirst = true;
  return (row) => {
    if (print.forPeople) {
      const head = isFirst ? [`${rule.title} (${rule.key}) ${rule.path}:${rule.line}`, describeCorrelation(rule)] : [];
      const lines = [...head.map(visible), ...linesFor(row, view)];
      print.verbatim(lines.map((line) => `${line}\n`).join(""));
    } else print.more([valueOf(row)], columns, isFirst);
    isFirst = false;
  };
}

function valueOf({ line, time, account }: Row) {
  const { bases, steps, hits, losses } = account;
  return {
    line,
    time,
    matched: bases.filter(({ explanation }) => explanation.matched).map(({ rule }) => rule.key),
    fired: hits.length > 0,
    steps: steps.map(({ rule, ...step }) => ({ rule: rule.key, ...step })),
    losses: losses.map(({ rule, ...loss }) => ({ rule: rule.key, ...loss })),
    bases: bases.map(({ rule, explanation: { matched, applies, tree } }) => ({
      rule: rule.key,
      matched,
      applies,
      decidedBy: applies ? decidedBy(tree) : [],
    })),
  };
}

const MARKS: Readonly<Record<CorrelationVerdict, Readonly<{ text: string; color: Parameters<Paint>[0] }>>> = {
  fired: { text: "FIRED", color: "green" },
  "goes-on": { text: "goes on", color: "yellow" },
  "not-met": { text: "not met", color: "dim" },
  late: { text: "too late", color: "red" },
  "left-out": { text: "left out", color: "red" },
};

/** How people are shown rules: by their names, since keys are often ids. */
type View = Readonly<{ asked: CorrelationRule; paint: Paint; nameOf: (key: string) => string }>;

function linesFor({ line, time, account }: Row, view: View): readonly string[] {
  const { paint } = view;
  const head = `line ${line}  ${showInstant(time) ?? "no time"}`;
  if (account.steps.length === 0) return [`${head}  ${paint("dim", "no base rule holds")}${notHolding(account, view)}`];
  const steps = account.steps.flatMap((step) => stepLines(step, view));
  const losses = account.losses
    .filter(({ reason }) => reason === "evicted" || reason === "expired")
    .map(({ reason, groupKey = "", count: entries }) => `  ${reason}: group ${groupKey} with ${entries} entries`);
  return [head, ...steps, ...losses.map(visible)];
}

function notHolding({ bases }: CorrelationAccount, { nameOf }: View): string {
  const shown = bases.slice(0, BASES_SHOWN_MAX).map(({ rule, explanation: { applies, tree } }) => {
    const [decided] = decidedBy(tree);
    const why = applies && decided !== undefined ? `${decided.item}: ${decided.why}` : "it is about other log sources";
    return `\n  ${visible(`${nameOf(rule.key)}: ${why}`)}`;
  });
  const more = bases.length - shown.length;
  return shown.join("") + (more > 0 ? `\n  and ${more} more` : "");
}

function stepLines(step: CorrelationExplanation, { asked, paint, nameOf }: View): readonly string[] {
  const { rule, from, verdict, why, group, window } = step;
  const { text, color } = MARKS[verdict];
  const named = Object.entries(group ?? {}).map(([name, value]) => `${name}=${value}`);
  const place = group === undefined ? "" : ` → ${named.join(", ") || "one group for all"}`;
  const inner = rule.key === asked.key ? "" : `${nameOf(rule.key)}: `;
  const lines = [`  ${paint(color, text)} ${visible(`${inner}${from.map(nameOf).join(", ")}${place}: ${why}`)}`];
  if (window === undefined) return lines;
  const { fromMs, toMs, rules, values, distinctValues } = window;
  const span = `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`;
  const seen = rules.filter(({ eventCount }) => eventCount > 0);
  const absent = rules.filter(({ eventCount }) => eventCount === 0).map(({ rule: one }) => nameOf(one));
  const held = seen.map(({ rule: one, eventCount }) => `${nameOf(one)} ×${eventCount}`).join(", ");
  const listed = values.slice(0, VALUES_SHOWN_MAX).map(({ value, eventCount }) => `${value} ×${eventCount}`);
  const more = distinctValues > listed.length ? ` and ${distinctValues - listed.length} more` : "";
  return [
    ...lines,
    `    ${visible(`window ${span}: ${held}${absent.length === 0 ? "" : `; not seen: ${absent.join(", ")}`}`)}`,
    ...(listed.length === 0 ? [] : [`    ${visible(`values: ${listed.join(", ")}${more}`)}`]),
  ];
}
