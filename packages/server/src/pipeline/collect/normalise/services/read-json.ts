import { endpointAliases, eventOf, present } from "../draft.ts";
import { normaliseJson } from "../generic-json.ts";
import type { Normalised, NormalisedEvent } from "../../event.ts";
import { anyInstant } from "../instants.ts";
import type { NormaliseOptions } from "../options.ts";
import { containerAliases } from "../container-request.ts";
import { decoyJsonForms } from "./decoy-json-forms.ts";
import { directoryJsonForms } from "./directory-json-forms.ts";
import { hostJsonForms } from "./host-json-forms.ts";
import type { JsonForm, Where } from "./json-form.ts";
import { webJsonForms } from "./json-forms.ts";
import { meaningOf } from "./read-service.ts";
import { sensorJsonForms } from "./sensor-json-forms.ts";
import { type Captured, compileTemplate, isCapture, readTemplate } from "./template.ts";

type Json = Readonly<Record<string, unknown>>;

/** Every kind of object we understand; of several that begin to be looked for by the same member, the first that fits. */
export const jsonForms: readonly JsonForm[] = [
  ...webJsonForms,
  ...hostJsonForms,
  ...sensorJsonForms,
  ...directoryJsonForms,
  ...decoyJsonForms,
];

type Way = Readonly<{ path: string; steps: readonly string[] }>;
const way = (path: string): Way => ({ path, steps: path.split(".") });

/** What is looked for, taken apart once. */
const prepared = jsonForms.map((form) => ({
  form,
  wanted: Object.entries(form.where).map(([path, value]) => ({ ...way(path), value })),
  names: Object.entries(form.names).map(([name, paths]) => ({
    name,
    ways: (typeof paths === "string" ? [paths] : paths).map((path) => way(path)),
  })),
  lists: Object.entries(form.lists ?? {}).map(([name, paths]) => ({ name, ways: paths.map((path) => way(path)) })),
}));
type Prepared = (typeof prepared)[number];

/** By the member that must be there before anything else is asked: most objects have none of them. */
const byGate = new Map<string, Prepared[]>();
for (const one of prepared) {
  const { path = "", steps = [] } = one.wanted[0] ?? {};
  for (const gate of new Set([path, steps[0] ?? path])) byGate.set(gate, [...(byGate.get(gate) ?? []), one]);
}
const gates = [...byGate];

/** The value at the end of a way; `*` is the first element that has the rest. Ways are as short as the tables say. */
function walk(value: unknown, steps: readonly string[]): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value ?? undefined;
  if (typeof value !== "object" || value === null) return undefined;
  if (step !== "*") return Object.hasOwn(value, step) ? walk((value as Json)[step], rest) : undefined;
  for (const one of Object.values(value)) {
    const found = walk(one, rest);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Different values one alias may hold; a sender may list as much as a line holds. */
const VALUES_MAX = 64;

/** Adds every scalar at the end of a way. */
function gather(value: unknown, [step, ...rest]: readonly string[], into: Set<string>): void {
  if (into.size >= VALUES_MAX) return;
  if (step === undefined) {
    if (["string", "number", "boolean"].includes(typeof value) && value !== "") into.add(String(value));
  } else if (typeof value === "object" && value !== null) {
    if (step === "*") for (const one of Object.values(value)) gather(one, rest, into);
    else if (Object.hasOwn(value, step)) gather((value as Json)[step], rest, into);
  }
}

/** What stands at any of the ways, each value once; undefined where nothing does. */
function listAt(json: Json, ways: readonly Way[]): string | readonly string[] | undefined {
  const found = new Set<string>();
  for (const { steps } of ways) gather(json, steps, found);
  return found.size > 1 ? [...found] : found.values().next().value;
}

/** A member by its whole dotted name, else by the way there. */
function member(json: Json, { path, steps }: Way): unknown {
  return Object.hasOwn(json, path) ? (json[path] ?? undefined) : walk(json, steps);
}

function holds(value: unknown, wanted: Where[string]): boolean {
  if (wanted === true) return value !== undefined && value !== "";
  return Array.isArray(wanted) ? wanted.includes(value) : value === wanted;
}

function textAt(json: Json, ways: readonly Way[]): string | undefined {
  for (const one of ways) {
    const value = member(json, one);
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
  }
  return undefined;
}

/** The parts the text of a member gives; undefined where it fits none of the templates. */
function toldBy(json: Json, text: JsonForm["text"]): Captured | undefined {
  if (text === undefined) return {};
  const value = textAt(json, [way(text.of)]) ?? "";
  for (const template of text.templates) {
    const captured = readTemplate(template, value);
    if (captured !== undefined) return captured;
  }
  return undefined;
}

type Fit = Readonly<{ form: JsonForm; captured: Captured; ecs: Json; body?: string | undefined }>;

function fitting(json: Json): Fit | undefined {
  for (const [gate, forms] of gates) {
    const fit = Object.hasOwn(json, gate) ? firstFitting(json, forms) : undefined;
    if (fit !== undefined) return fit;
  }
  return undefined;
}

function firstFitting(json: Json, forms: readonly Prepared[]): Fit | undefined {
  for (const { form, wanted, names, lists } of forms) {
    if (!wanted.every((one) => holds(member(json, one), one.value))) continue;
    const told = toldBy(json, form.text);
    if (told === undefined) continue;
    const captured: Record<string, string> = {};
    const ecs: Record<string, unknown> = {};
    for (const { name, ways } of names) {
      const value = textAt(json, ways);
      if (value !== undefined) (isCapture(name) ? captured : ecs)[name] = value;
    }
    for (const { name, ways } of lists) ecs[name] = listAt(json, ways);
    const body = form.body === undefined ? undefined : textAt(json, [way(form.body)]);
    return { form, captured: { ...withEndpoints(captured), ...told }, ecs, body };
  }
  return undefined;
}

const ADDRESS = compileTemplate(":«ip»");

/** `203.0.113.7:4000`, and of a list of proxies the first. */
function withEndpoints(captured: Readonly<Record<string, string>>): Captured {
  const { ip } = captured;
  const first = ip?.split(",", 1)[0]?.trim();
  if (first === undefined) return captured;
  const parts = readTemplate(ADDRESS, `:${first}`);
  return { ...captured, ...parts };
}

/** The seconds in what the audit system calls an event: `audit(1684329817.579:2995)`, `1688052525.815:33152`. */
const AUDIT_TIME = /^(?:audit\()?(\d{9,11}\.\d{1,9}):\d{1,12}/;

function timeOf(json: Json, { time }: JsonForm): Date | undefined {
  const text = textAt(
    json,
    (time ?? []).map((path) => way(path)),
  );
  return text === undefined ? undefined : anyInstant(AUDIT_TIME.exec(text)?.[1] ?? text);
}

/** An object of a service we know; undefined for any other. */
export function readServiceJson(json: Json, raw: string, options: NormaliseOptions): Normalised | undefined {
  const fit = fitting(json);
  if (fit === undefined) return undefined;
  const time = timeOf(json, fit.form);
  const plain = normaliseJson(json, raw, time === undefined ? options : { ...options, time });
  return plain.ok ? { ok: true, event: completed(plain.event, fit) } : plain;
}

function completed(plain: NormalisedEvent, { form, captured, ecs, body }: Fit): NormalisedEvent {
  const { category, count, service, product, fields: _parts, ecs: told = {}, ...meaning } = meaningOf(form, captured);
  const { kind, action, outcome = "unknown", user = plain.user ?? undefined } = meaning;
  const src = meaning.src ?? plain.src;
  const dst = meaning.dst ?? plain.dst;
  return eventOf({
    ...plain,
    ...meaning,
    severity: meaning.severity ?? plain.severity,
    src,
    dst,
    user,
    session: plain.session ?? undefined,
    transport: meaning.transport ?? plain.transport ?? undefined,
    logsource: present({ category, service, product }),
    // What the form says stands before what the names of the members say.
    ecs: {
      ...plain.ecs,
      ...present({ ...told, ...ecs, ...containerAliases(told["url.path"], body) }),
      "event.kind": kind,
      "event.action": action,
      "event.outcome": outcome,
      "event.count": repeats(count),
      "user.name": user,
      "service.name": service,
      ...endpointAliases("source", src),
      ...endpointAliases("destination", dst),
    },
  });
}

/** A line that tells of one thing once has no count. */
function repeats(count: number | undefined): number | undefined {
  return count !== undefined && count > 1 ? count : undefined;
}
