import { isId, severityRank, SEVERITIES, type Severity } from "@tyr/contract";
import type { LiveEntry } from "../live/resume.ts";

export type LiveTarget = Readonly<{ id: string }> | Readonly<{ list: "events" | "detections" | "none" }>;
/** One line of the feed: our verb, somebody's words, and where it leads. */
export type LiveLine = Readonly<{ verb: string; text: string; severity: Severity | undefined; target: LiveTarget }>;

type Data = LiveEntry["data"];

function textOf(data: Data, names: readonly string[]): string {
  for (const name of names) {
    const value = data[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return "";
}

function severityOf(data: Data): Severity | undefined {
  return SEVERITIES.find((known) => known === data["severity"]);
}

function countOf(data: Data): number | undefined {
  const value = data["count"] ?? data["stored"];
  return typeof value === "number" ? value : undefined;
}

const plural = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

function many(data: Data, noun: "event" | "detection"): LiveLine {
  const count = countOf(data) ?? 1;
  const id = textOf(data, ["id", "lastId"]);
  const target: LiveTarget =
    count === 1 && isId(noun, id) ? { id } : { list: noun === "event" ? "events" : "detections" };
  const verb = count === 1 ? (noun === "event" ? "event" : "detected") : plural(count, noun);
  return {
    verb,
    text: textOf(data, ["ruleTitle", "title", "summary", "sensorName"]),
    severity: severityOf(data),
    target,
  };
}

function one(data: Data, verb: string): LiveLine {
  const id = textOf(data, ["id"]);
  const state = textOf(data, ["state"]).replaceAll("_", " ");
  const words = [textOf(data, ["title", "target", "value", "name"]), state].filter((word) => word !== "");
  return {
    verb,
    text: words.join(" · "),
    severity: severityOf(data),
    target: id === "" ? { list: "none" } : { id },
  };
}

const BY_TOPIC: Readonly<Record<LiveEntry["topic"], (data: Data) => LiveLine>> = {
  "event.stored": (data) => many(data, "event"),
  "detection.recorded": (data) => many(data, "detection"),
  "incident.changed": (data) => one(data, "incident"),
  "action.changed": (data) => one(data, "action"),
  "block.changed": (data) => one(data, "block"),
  "sensor.changed": (data) => one(data, "sensor"),
  "import.progress": (data) => ({
    verb: "import",
    text: textOf(data, ["name"]),
    severity: undefined,
    target: { list: "none" },
  }),
};

/** Reads a message defensively: what the feed does not say is left out, never invented. */
export function liveLine(entry: LiveEntry): LiveLine {
  return BY_TOPIC[entry.topic](entry.data);
}

/** Lines worth a marker of their own in a busy feed. */
export function isLoud(line: LiveLine): boolean {
  return line.severity !== undefined && severityRank(line.severity) >= severityRank("high");
}
