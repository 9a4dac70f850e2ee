import type { EventId, SensorId } from "@tyr/contract";
import { binOf, INTERVAL_BINS } from "#collect";
import type { Groups } from "../groups.ts";
import { endAll, endIdle, type Lasting, lastingAt } from "../idle.ts";
import { atMs, defineLifter, type Emit, type LiftEvent, numberOf, textOf } from "../lifter.ts";
import { hostKey, type Login, loginOf, seenLogin } from "./logins.ts";
import { addRhythm, NO_RHYTHM, rhythmFields, type Rhythm, typedBy } from "./rhythm.ts";

/** A terminal at which nothing was typed for so long, by the clock of its sensor, is told of as it is. */
const IDLE_MS = 1_800_000;
/** So many keys are a measurement of their own: what comes after is another stretch of the same recording. */
const STRETCH_KEYS = 512;
const STRETCHES_MAX = 16;
const KEYS_MIN = 20;
const FROM_MAX = 20;
const NAME_CHARS_MAX = 128;
/** Recordings of a decoy are brought in later, say once a day: so long it is remembered whose they are. */
const NAMED_FOR_MS = 7 * 86_400_000;

/** Where somebody sits: known from the record, or from what names its recording or its login. */
type Whose = Readonly<{ src: string; session: string | null }>;

/** A recording that goes on, stretch by stretch. */
type Recording = Lasting &
  Readonly<{
    is: "recording";
    src: string | null;
    session: string | null;
    user: string | null;
    host: string | null;
    name: string;
    sensorId: SensorId;
    stretch: number;
    /** When it began: its newest record less how far that is from the beginning. */
    startMs: number;
    /** Of the last record, and of the last key in it, milliseconds from the beginning; null where it was pasted over. */
    record: number;
    lastKeyMs: number | null;
    /** Said to be over; it only waits for whom it is of. */
    isClosed: boolean;
    rhythm: Rhythm;
    from: readonly EventId[];
  }>;
/** A session whose decoy said under which name it recorded it. */
type Named = Lasting & Whose & Readonly<{ is: "named" }>;
type Known = Recording | Named | Login;
type State = Readonly<{ groups: Groups<Known>; emit: Emit }>;

const recordingKey = (event: LiftEvent, name: string): string => `recording ${event.sensorId} ${name}`;
/** The file alone: where it lies differs between the decoy and whoever copies it, and so does the sensor. */
const fileOf = (path: string): string => path.split("/").at(-1)?.slice(-NAME_CHARS_MAX).toWellFormed() ?? "";
const namedKey = (file: string): string => `named ${file}`;
const waitingKey = (file: string): string => `waiting ${file}`;
const cut = (text: string | undefined): string | undefined => text?.slice(0, NAME_CHARS_MAX).toWellFormed();

function countsOf(event: LiftEvent): Rhythm {
  const list = event.fields["terminal.intervals"];
  const given: readonly unknown[] = Array.isArray(list) ? list : [];
  const count = (name: string): number => numberOf(event, [name]) ?? 0;
  return {
    keys: count("terminal.keys"),
    pasted: count("terminal.pasted_chars"),
    bursts: count("terminal.bursts"),
    sumMs: count("terminal.sum_ms"),
    intervals: Array.from({ length: INTERVAL_BINS }, (_unused, bin) => {
      const at = given[bin];
      return typeof at === "number" && Number.isSafeInteger(at) && at > 0 ? at : 0;
    }),
  };
}

function begun(event: LiftEvent, name: string): Recording {
  return {
    is: "recording",
    ...lastingAt(event),
    src: null,
    session: null,
    user: null,
    host: null,
    name,
    sensorId: event.sensorId,
    stretch: 0,
    startMs: atMs(event),
    record: 0,
    lastKeyMs: null,
    isClosed: false,
    rhythm: NO_RHYTHM,
    from: [],
  };
}

/** The interval from the last key of one record to the first of the next; none where records are missing between. */
function joint(before: Recording, event: LiftEvent, record: number): Rhythm {
  const first = numberOf(event, ["terminal.first_ms"]);
  const isNext = record === before.record + 1 && before.lastKeyMs !== null;
  if (!isNext || first === undefined || first < before.lastKeyMs) return NO_RHYTHM;
  const ms = first - before.lastKeyMs;
  const bin = binOf(ms);
  const intervals = NO_RHYTHM.intervals.map((_none, at) => (at === bin ? 1 : 0));
  return { ...NO_RHYTHM, intervals, sumMs: bin < INTERVAL_BINS - 1 ? ms : 0 };
}

/** Where it is and who sits there, by the first record that says so. */
function placeOf(before: Recording, event: LiftEvent): Pick<Recording, "src" | "session" | "user" | "host"> {
  return {
    src: before.src ?? event.src?.ip ?? null,
    session: before.session ?? cut(textOf(event, "session.id")) ?? null,
    user: before.user ?? cut(textOf(event, "user.name")) ?? null,
    host: before.host ?? cut(textOf(event, "host.name")) ?? null,
  };
}

function withKeys(before: Recording, event: LiftEvent): Pick<Recording, "record" | "lastKeyMs" | "rhythm" | "from"> {
  const { record, lastKeyMs, rhythm, from } = before;
  const place = numberOf(event, ["terminal.record"]) ?? 0;
  const counts = countsOf(event);
  if (counts.keys + counts.bursts === 0) return { record: Math.max(record, place), lastKeyMs, rhythm, from };
  return {
    record: Math.max(record, place),
    lastKeyMs: place > record ? (numberOf(event, ["terminal.last_ms"]) ?? null) : lastKeyMs,
    rhythm: addRhythm(addRhythm(rhythm, counts), joint(before, event, place)),
    from: from.length >= FROM_MAX ? from : [...from, event.id],
  };
}

function next(before: Recording, event: LiftEvent): Recording {
  return {
    ...before,
    ...lastingAt(event, before),
    ...placeOf(before, event),
    ...withKeys(before, event),
    startMs: Math.min(before.startMs, atMs(event) - (numberOf(event, ["terminal.position_ms"]) ?? 0)),
    isClosed: before.isClosed || event.ecs["terminal.closed"] === true,
  };
}

/** Tells of a stretch, of whom it is as far as anybody knows. */
function tell(of: Recording, emit: Emit): void {
  if (of.rhythm.keys + of.rhythm.pasted < KEYS_MIN || of.stretch >= STRETCHES_MAX) return;
  const isByProgram = typedBy(of.rhythm) === "machine" || typedBy(of.rhythm) === "pasted";
  emit.event({
    kind: "session",
    action: "keystrokes.measured",
    category: "keystrokes",
    // By where the stretch begins: told of after a pause, its recording begins again, and is not the same.
    identity: [of.sensorId, of.name, of.from[0] ?? String(of.stretch)],
    time: new Date(of.lastMs),
    src: of.src,
    session: of.session,
    user: of.user,
    severity: isByProgram ? "low" : "info",
    from: of.from,
    fields: { ...rhythmFields(of.rhythm), "keystroke.recording": of.name, "keystroke.stretch": of.stretch },
  });
}

/** Of whom a recording is: what its records say, else what its decoy or its login says. */
function whoseOf(of: Recording, { groups }: State): Whose | undefined {
  if (of.src !== null) return { src: of.src, session: of.session };
  const named = groups.get(namedKey(fileOf(of.name)));
  if (named?.is === "named") return { src: named.src, session: named.session };
  const login = of.host === null || of.user === null ? undefined : groups.get(hostKey(of.host, of.user));
  const src = login?.is === "login" ? loginOf(login, of.startMs) : undefined;
  return src === undefined ? undefined : { src, session: of.session };
}

function takeRecord(event: LiftEvent, state: State): void {
  const name = cut(textOf(event, "terminal.recording"));
  if (name === undefined) return;
  const { groups, emit } = state;
  const key = recordingKey(event, name);
  const known = groups.get(key);
  const read = next(known?.is === "recording" ? known : begun(event, name), event);
  const of = { ...read, ...whoseOf(read, state) };
  if (!of.isClosed) {
    const isLong = of.rhythm.keys >= STRETCH_KEYS;
    if (isLong) tell(of, emit);
    put(key, isLong ? { ...of, stretch: of.stretch + 1, rhythm: NO_RHYTHM, from: [] } : of, state);
    return;
  }
  groups.delete(key);
  if (of.src === null) put(waitingKey(fileOf(name)), of, state);
  else tell(of, emit);
}

function put(key: string, one: Known, { groups, emit }: State): void {
  for (const [, gone] of groups.set(key, laneOf(one), one)) if (gone.is === "recording") tell(gone, emit);
}

/** Logins have a lane of their own: their clock is that of their host. */
function laneOf(one: Known): string {
  return one.is === "recording" ? one.sensorId : one.is;
}

/** A decoy said which file holds what was typed: a recording that waits for that is told of. */
function takeNamed(event: LiftEvent, state: State): void {
  const [file, src] = [textOf(event, "ttylog"), event.src?.ip];
  // The same keys were recorded before, and only that recording is kept: its rhythm is another session's.
  if (file === undefined || src === undefined || event.fields["duplicate"] === true) return;
  const session = cut(textOf(event, "session.id")) ?? null;
  const waiting = state.groups.get(waitingKey(fileOf(file)));
  if (waiting?.is !== "recording") {
    const seenMs = event.observedAt.getTime() + NAMED_FOR_MS;
    put(namedKey(fileOf(file)), { is: "named", lastMs: atMs(event), seenMs, src, session }, state);
    return;
  }
  state.groups.delete(waitingKey(fileOf(file)));
  tell({ ...waiting, src, session }, state.emit);
}

function takeLogin(event: LiftEvent, state: State): void {
  const [host, src] = [textOf(event, "host.name"), event.src?.ip];
  if (event.user === null || host === undefined || src === undefined) return;
  if (textOf(event, "event.outcome") !== "success") return;
  const key = hostKey(host, event.user);
  const before = state.groups.get(key);
  put(key, seenLogin(before?.is === "login" ? before : undefined, { event, src, atMs: atMs(event) }), state);
}

/**
 * The rhythm in which somebody types at a recorded terminal, stretch by stretch, and whether a person does. What is typed
 * never gets here: the reader of recordings passes on counts.
 */
export const keystrokes = defineLifter<Known>({
  name: "keystrokes",
  version: 1,
  kinds: ["log", "auth_attempt"],
  groupsMax: 20_000,
  lift(event, groups, emit) {
    const state = { groups, emit };
    if (event.kind === "auth_attempt") {
      takeLogin(event, state);
      return;
    }
    const action = event.ecs["event.action"];
    if (action === "session.recorded") takeNamed(event, state);
    if (action !== "terminal.input") return;
    endIdle(event, { groups, idleMs: IDLE_MS, end: (one) => one.is === "recording" && tell(one, emit) });
    takeRecord(event, state);
  },
  finish: (groups, emit) => endAll(groups, (one) => one.is === "recording" && tell(one, emit)),
});
