/** The verdicts on correlations, filters and refusals of the one other engine they were run with, as a part of CONFORMANCE.md. */
import { isDeepStrictEqual } from "node:util";
import { type Engine, read, table, type Vector, vectorsOf, verdictOf } from "./verdicts.ts";

/** One vector, what is due and what the engine answered, in words. */
type Case = Readonly<{ vector: Vector; due: unknown; verdict: unknown }>;

/** The only other engine correlations were run with. */
const CORRELATING = "rsigma";

const dueOf: Readonly<Record<"correlation" | "filters" | "reject", (vector: Vector) => unknown>> = {
  correlation: ({ expected_first_fire_index: index }) => ({ first_fire_index: index }),
  filters: ({ expected_titles: titles }) => titles,
  reject: () => "rejects",
};

function casesOf(kind: keyof typeof dueOf, engine: Engine): readonly Case[] {
  return vectorsOf(kind).map((vector) => ({ vector, due: dueOf[kind](vector), verdict: verdictOf(vector, engine) }));
}

function ownStreams(engine: Engine): readonly Case[] {
  const vectors = read("tyr-correlation")["vectors"] as readonly Vector[];
  return vectors.map((vector) => ({ vector, due: vector.expected_fires, verdict: engine.fires?.[vector.id] }));
}

const agrees = ({ due, verdict }: Case): boolean => isDeepStrictEqual(verdict, due);

/** `12 of the 13`, of those the specification decides or those it leaves open. */
function share(cases: readonly Case[], status?: Vector["status"]): string {
  const asked = cases.filter(({ vector }) => status === undefined || vector.status === status);
  return `${asked.filter(agrees).length} of the ${asked.length}`;
}

/** Events by their number in the stream, from 0. */
function inWords(verdict: unknown): string {
  if (typeof verdict === "string") return verdict;
  const events = Array.isArray(verdict) ? verdict : [(verdict as { first_fire_index: unknown }).first_fire_index];
  const numbers = events.filter((event) => event !== null);
  if (numbers.length === 0) return "never";
  return `event${numbers.length > 1 ? "s" : ""} ${numbers.join(", ")}`;
}

function rowOf({ vector, due, verdict }: Case, engine: Engine): readonly string[] {
  const why = engine.why?.[vector.id];
  if (why === undefined) throw new Error(`nobody says why ${engine.id} differs on ${vector.id}`);
  return [`\`${vector.id}\``, vector.note ?? vector.why ?? "", inWords(due), inWords(verdict), why];
}

/** @throws {Error} when a difference is recorded without its reason */
export function correlationsPart(engines: readonly Engine[]): string {
  const engine = engines.find(({ id }) => id === CORRELATING);
  if (engine === undefined) throw new Error(`${CORRELATING} is not among the engines`);
  const [correlation, filters, reject] = [
    casesOf("correlation", engine),
    casesOf("filters", engine),
    casesOf("reject", engine),
  ];
  const own = ownStreams(engine);
  const differing = [...correlation, ...filters, ...reject, ...own].filter((one) => !agrees(one));
  const head = ["Vector", "About", "Tyr", engine.name, "Why"];
  return `Correlations and filters were run with one other engine. ${engine.name} ${engine.version} agrees on ${share(correlation, "spec")} correlation vectors the
specification decides and on ${share(correlation, "contested")} contested ones, on ${share(filters, "spec")} and ${share(filters, "contested")} filter vectors, and, event by
event, on ${share(own)} streams of our own. Every difference, those on documents to refuse too; events are counted from 0:

${table(
  head,
  differing.map((one) => rowOf(one, engine)),
)}`;
}
