import type { SensorId } from "@tyr/contract";
import { BEHAVIOUR_CLASSES, type BehaviourClass } from "@tyr/contract";
import { isDerived, type StreamEvent } from "#collect";
import { visibleText } from "#detect";
import { habitOf, hostsOf, phaseOfCommand } from "./command-trace.ts";
import { HASH_DIGITS } from "./kept-set.ts";
import type { TraceKind } from "./observation.ts";
import type { RhythmSeen } from "./profile.ts";

/** Keyed hash of a text, hexadecimal: without the key nobody tries words against it. */
export type KeyedHash = (purpose: string, text: string) => string;

/** Attackers try the same words again and again; how many different ones is theirs to choose. */
const REMEMBERED_MAX = 20_000;
const REMEMBERED_CHARS_MAX = 64;

/** The same hashes, of which those of short texts are worked out once. */
export function remembered(keyed: KeyedHash): KeyedHash {
  const known = new Map<string, string>();
  return (purpose, text) => {
    if (text.length > REMEMBERED_CHARS_MAX) return keyed(purpose, text);
    const key = `${purpose} ${text}`;
    const hash = known.get(key) ?? keyed(purpose, text);
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(key, hash);
    return hash;
  };
}

/** What one event says of the hands behind its source address. */
export type EventTrace = Readonly<{
  address: string;
  position: number;
  timeMs: number;
  sensorId: SensorId;
  /** As its sensor names it, without that: ids of sensors differ from installation to installation, and order by them. */
  session: string | null;
  service: string | null;
  asn: string | null;
  clientVersion: string | null;
  username: string | null;
  secret: string | null;
  command: string | null;
  exact: readonly (readonly [TraceKind, string])[];
}>;

type Facts = Readonly<Record<string, unknown>>;
/** Where sources keep a fact: our alias first, then the names its senders use. A dot looks into objects too. */
const PLACES = {
  service: ["network.protocol", "service.name", "app_proto"],
  asn: ["source.as.number", "src_asn", "asn", "geoip.asn"],
  ja3: ["tls.client.ja3", "ja3", "ja3_hash", "tls.ja3.hash"],
  ja4: ["tls.client.ja4", "ja4", "tls.ja4"],
  hassh: ["ssh.hassh", "hassh", "ssh.client.hassh.hash"],
  payload: ["file.hash.sha256"],
  url: ["file.url"],
  clientVersion: ["ssh.client.version"],
  password: ["password", "user.password", "payload.password", "logdata.PASSWORD"],
} as const;

const SHAPES = {
  ja3: /^[0-9a-f]{32}$/,
  ja4: /^[a-z0-9]{10}_[0-9a-f]{12}_[0-9a-f]{12}$/,
  hassh: /^[0-9a-f]{32}$/,
  payload: /^[0-9a-f]{64}$/,
} as const;

const SERVICE = /^[a-z0-9][a-z0-9_.-]{0,31}$/;
const CLIENT_CHARS_MAX = 64;
const SESSION_CHARS_MAX = 64;
/** Longer ones are no passwords; hashing them would be paid for by us. */
const SECRET_CHARS_MAX = 512;
const HOST_CHARS_MAX = 253;

function within(facts: Facts, path: string): unknown {
  if (Object.hasOwn(facts, path)) return facts[path];
  let value: unknown = facts;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Facts)[name];
  }
  return value;
}

function found({ ecs, fields }: Pick<StreamEvent, "ecs" | "fields">, places: readonly string[]): unknown {
  for (const place of places) {
    const value = ecs[place] ?? within(fields, place);
    if (value !== undefined && value !== null && value !== "") return value;
  }
  return undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function asnOf(value: unknown): string | null {
  const text = typeof value === "number" ? value.toFixed(0) : typeof value === "string" ? value : "";
  const digits = /^(?:as)?(\d{1,10})$/i.exec(text)?.[1];
  return digits === undefined ? null : `AS${Number(digits)}`;
}

/** The password that was tried. In `ecs` it is `***`: what was typed is in the fields, and leaves this function hashed. */
function secretOf({ kind, fields }: StreamEvent, keyed: KeyedHash): string | null {
  if (kind !== "auth_attempt" && kind !== "credential") return null;
  const password = PLACES.password.map((place) => within(fields, place)).find((value) => typeof value === "string");
  if (typeof password !== "string" || password.length > SECRET_CHARS_MAX) return null;
  return keyed("plaintext", password).slice(0, HASH_DIGITS);
}

function exactOf(event: StreamEvent, command: string | undefined): EventTrace["exact"] {
  const exact: [TraceKind, string][] = [];
  for (const kind of ["ja3", "ja4", "hassh", "payload"] as const) {
    const value = textOf(found(event, PLACES[kind]))?.toLowerCase();
    if (value !== undefined && SHAPES[kind].test(value)) exact.push([kind, value]);
  }
  const fetched = [textOf(event.ecs[PLACES.url[0]]), command].flatMap((text) =>
    text === undefined ? [] : hostsOf(text),
  );
  for (const host of new Set(fetched)) if (host.length <= HOST_CHARS_MAX) exact.push(["c2", host]);
  return exact;
}

/** @returns undefined for an event without a source address, and for what Tyr derived itself */
export function readTrace(event: StreamEvent, keyed: KeyedHash): EventTrace | undefined {
  const { src, user } = event;
  if (src === null || isDerived(event)) return undefined;
  const command = event.kind === "command" ? textOf(event.ecs["process.command_line"]) : undefined;
  const version = textOf(event.ecs[PLACES.clientVersion[0]]);
  const session = textOf(event.ecs["session.id"]);
  return {
    address: src.ip,
    position: event.position,
    timeMs: event.time.getTime(),
    sensorId: event.sensorId,
    session: session === undefined ? null : session.slice(0, SESSION_CHARS_MAX).toWellFormed(),
    service: serviceOf(event),
    asn: asnOf(found(event, PLACES.asn)),
    clientVersion: version === undefined ? null : visibleText(version, CLIENT_CHARS_MAX),
    username: user === null || user === "" ? null : keyed("account", user).slice(0, HASH_DIGITS),
    secret: secretOf(event, keyed),
    command: command === undefined ? null : commandOf(command, keyed),
    exact: exactOf(event, command),
  };
}

function serviceOf(event: StreamEvent): string | null {
  const service = textOf(found(event, PLACES.service))?.toLowerCase();
  return service !== undefined && SERVICE.test(service) ? service : null;
}

/** `HASH.phase` of the habit: nothing of the command itself, which may hold secrets. */
function commandOf(command: string, keyed: KeyedHash): string | null {
  const habit = habitOf(command);
  return habit === "" ? null : `${keyed("command", habit).slice(0, HASH_DIGITS)}.${phaseOfCommand(command)}`;
}

/** What the derived event of a visit says of how its source behaves. */
type EventBehaviour = Readonly<{ address: string; position: number; timeMs: number; behaviour: BehaviourClass }>;

function readBehaviour(event: StreamEvent): EventBehaviour | undefined {
  if (event.src === null || !isDerived(event)) return undefined;
  const said = event.fields["session.class"];
  const behaviour = BEHAVIOUR_CLASSES.find((one) => one === said);
  if (behaviour === undefined) return undefined;
  return { address: event.src.ip, position: event.position, timeMs: event.time.getTime(), behaviour };
}

/** The rhythm in which somebody typed there. */
export type EventRhythm = Readonly<{ address: string; position: number; timeMs: number; rhythm: RhythmSeen }>;

const RHYTHM = /^[0-9a-f]{16}$/;

function readRhythm(event: StreamEvent): EventRhythm | undefined {
  if (event.src === null || !isDerived(event) || event.ecs["event.action"] !== "keystrokes.measured") return undefined;
  const { "keystroke.rhythm": hash, "keystroke.interval_mean_ms": mean, "keystroke.typed_by": by } = event.fields;
  const meanMs = by === "human" && typeof mean === "number" && mean > 0 ? mean : null;
  const timeMs = event.time.getTime();
  const isHash = typeof hash === "string" && RHYTHM.test(hash);
  const rhythm = { id: event.id, atMs: timeMs, hash: isHash ? hash : null, meanMs };
  return { address: event.src.ip, position: event.position, timeMs, rhythm };
}

/**
 * What an event tells of its source address: what it left behind, or, of one that Tyr derived, how it behaves or in which
 * rhythm somebody types.
 */
export type Told = EventTrace | EventBehaviour | EventRhythm;

/** @returns undefined where it tells nothing */
export function tellOf(event: StreamEvent, keyed: KeyedHash): Told | undefined {
  return readTrace(event, keyed) ?? readBehaviour(event) ?? readRhythm(event);
}
