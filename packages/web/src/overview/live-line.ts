import { severityRank, type LiveData, type LiveEntry, type LiveTopic, type Severity } from "@tyr/contract";

import { counted, DETECTIONS, EVENTS } from "../text/counted.ts";

export type LiveTarget = Readonly<{ id: string }> | Readonly<{ list: "events" | "detections" | "rules" | "none" }>;
/** One line of the feed: our verb, somebody's words, and where it leads. */
export type LiveLine = Readonly<{ verb: string; text: string; severity: Severity | undefined; target: LiveTarget }>;

const number = (value: number): string => value.toLocaleString("en");

const IMPORT_WORDS = { running: "reading", done: "read", failed: "stopped" } as const;

const BY_TOPIC: { [T in LiveTopic]: (data: LiveData[T]) => LiveLine } = {
  "event.stored": ({ count }) => ({
    verb: counted(count, EVENTS),
    text: "stored",
    severity: undefined,
    target: { list: "events" },
  }),
  "detection.recorded": ({ id, ruleTitle, severity, count }) => ({
    verb: count === 1 ? "detected" : counted(count, DETECTIONS),
    text: count === 1 ? ruleTitle : `worst: ${ruleTitle}`,
    severity,
    target: count === 1 ? { id } : { list: "detections" },
  }),
  "rule.changed": ({ id, what }) => ({
    verb: "rule",
    text: `${id} · ${what}`,
    severity: undefined,
    target: { list: "rules" },
  }),
  "incident.changed": ({ id, title, state, severity }) => ({
    verb: "incident",
    text: `${title} · ${state}`,
    severity,
    target: { id },
  }),
  "action.changed": ({ id, target, state }) => ({
    verb: "action",
    text: `${target} · ${state.replaceAll("_", " ")}`,
    severity: undefined,
    target: { id },
  }),
  "block.changed": ({ id, value, state }) => ({
    verb: "block",
    text: `${value} · ${state}`,
    severity: undefined,
    target: { id },
  }),
  "sensor.changed": ({ id }) => ({ verb: "sensor", text: "changed", severity: undefined, target: { id } }),
  "mode.changed": ({ mode }) => ({ verb: "mode", text: mode, severity: undefined, target: { list: "none" } }),
  "settings.changed": ({ changed }) => ({
    verb: "settings",
    text: changed.join(", "),
    severity: undefined,
    target: { list: "none" },
  }),
  "import.progress": ({ name, done, total, state }) => ({
    verb: "import",
    text: `${name} · ${IMPORT_WORDS[state]} ${number(done)} of ${number(total)} lines`,
    severity: undefined,
    target: { list: "none" },
  }),
};

export function liveLine<T extends LiveTopic>(entry: LiveEntry<T>): LiveLine {
  return BY_TOPIC[entry.topic](entry.data);
}

/** Lines worth a marker of their own in a busy feed. */
export function isLoud(line: LiveLine): boolean {
  return line.severity !== undefined && severityRank(line.severity) >= severityRank("high");
}
