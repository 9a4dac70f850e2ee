import type { EventId } from "@tyr/contract";
import { observationIdOf } from "#collect";
import type { SessionCommand } from "#platform/bus";
import { phasesOf } from "./command-phase.ts";
import type { Groups } from "./groups.ts";
import { type End, endAll, endIdle, type Lasting, lastingAt } from "./idle.ts";
import { atMs, defineLifter, type Emit, type LiftEvent, serviceOf, textOf } from "./lifter.ts";

/** Nothing came of it for so long, by the clock of its sensor: it is over, whether or not it said so. */
const IDLE_MS = 3_600_000;
/** Then the session is told as it is, and the rest of it is another one. */
const EVENTS_MAX = 10_000;
const COMMANDS_MAX = 200;
/** Of all commands of a session together. */
const COMMAND_CHARS_MAX = 16_384;
const PHASES_MAX = 16;
const FROM_MAX = 20;
const ACTION_CHARS_MAX = 100;

type Command = Readonly<{ id: EventId; text: string; atMs: number }>;
/** What is known of a session at a decoy that is not over. */
type Session = Lasting &
  Readonly<{
    session: string;
    firstId: EventId;
    sensorId: LiftEvent["sensorId"];
    service: string;
    src: string;
    user: string | null;
    startMs: number;
    events: number;
    failed: number;
    succeeded: number;
    files: number;
    tunnels: number;
    commands: readonly Command[];
    commandCount: number;
    commandChars: number;
    phases: readonly string[];
    from: readonly EventId[];
  }>;

const CLOSES = /(?:^|[._-])(?:disconnect(?:ed)?|closed?|logout|session_close|session_end(?:ed)?)$/;

function begun(event: LiftEvent, session: string, src: string): Session {
  return {
    ...lastingAt(event),
    session,
    firstId: event.id,
    sensorId: event.sensorId,
    service: serviceOf(event),
    src,
    user: null,
    startMs: atMs(event),
    events: 0,
    failed: 0,
    succeeded: 0,
    files: 0,
    tunnels: 0,
    commands: [],
    commandCount: 0,
    commandChars: 0,
    phases: [],
    from: [],
  };
}

function withCommand(before: Session, event: LiftEvent): Session {
  const text = textOf(event, "process.command_line");
  if (event.kind !== "command" || text === undefined) return before;
  const command = { id: event.id, text: text.slice(0, COMMAND_CHARS_MAX).toWellFormed(), atMs: atMs(event) };
  const commandChars = before.commandChars + command.text.length;
  const hasRoom = before.commands.length < COMMANDS_MAX && commandChars <= COMMAND_CHARS_MAX;
  return {
    ...before,
    commandCount: before.commandCount + 1,
    ...(hasRoom ? { commands: [...before.commands, command], commandChars } : {}),
    phases: [...new Set([...before.phases, ...phasesOf(text)])].slice(0, PHASES_MAX),
  };
}

function isInteraction(event: LiftEvent): boolean {
  return (
    event.kind === "command" ||
    event.kind === "payload" ||
    textOf(event, "event.action") === "ssh.forward" ||
    (event.kind === "auth_attempt" && textOf(event, "event.outcome") === "success")
  );
}

function next(before: Session, event: LiftEvent): Session {
  const outcome = event.kind === "auth_attempt" ? textOf(event, "event.outcome") : undefined;
  const isSuccess = outcome === "success";
  const isTold = isInteraction(event) && before.from.length < FROM_MAX;
  return {
    ...withCommand(before, event),
    user: isSuccess ? (event.user ?? before.user) : before.user,
    ...lastingAt(event, before),
    startMs: Math.min(before.startMs, atMs(event)),
    events: before.events + 1,
    failed: before.failed + (outcome === "failure" ? 1 : 0),
    succeeded: before.succeeded + (isSuccess ? 1 : 0),
    files: before.files + (event.kind === "payload" ? 1 : 0),
    tunnels: before.tunnels + (textOf(event, "event.action") === "ssh.forward" ? 1 : 0),
    from: isTold ? [...before.from, event.id] : before.from,
  };
}

/** Somebody got in or did something; knocking alone is told by the visit. */
function wasInside({ commandCount, files, tunnels, succeeded }: Session): boolean {
  return commandCount + files + tunnels + succeeded > 0;
}

function end(session: Session, how: End, emit: Emit): void {
  if (!wasInside(session)) return;
  const { startMs, lastMs, src, service, sensorId } = session;
  const durationS = (lastMs - startMs) / 1_000;
  const eventId = emit.event({
    kind: "session",
    action: "session.ended",
    category: "session_behaviour",
    service,
    identity: [sensorId, session.session, session.firstId],
    time: new Date(lastMs),
    src,
    session: session.session,
    user: session.user,
    from: session.from,
    fields: {
      "session.scope": "decoy",
      "session.end": how,
      "session.service": service,
      "session.event_count": session.events,
      "session.duration_s": durationS,
      "session.login_failures": session.failed,
      "session.login_successes": session.succeeded,
      "session.command_count": session.commandCount,
      "session.file_count": session.files,
      "session.tunnel_count": session.tunnels,
      "session.phases": session.phases,
    },
  });
  emit.message({
    family: "attacker.session.ended",
    segments: [],
    payload: {
      event_id: eventId,
      session_id: session.session,
      observation_id: observationIdOf(src),
      attacker_ip: src,
      sensor_id: sensorId,
      service,
      ended_at: new Date(lastMs).toISOString(),
      duration_s: durationS,
      commands: session.commands.map((one, place): SessionCommand => {
        const ts = new Date(one.atMs).toISOString();
        return { id: `${session.session}#${place}`, event_id: one.id, command_text: one.text, ts };
      }),
      command_count: session.commandCount,
    },
  });
}

function tellStarted(session: Session, emit: Emit): void {
  emit.say({
    family: "attacker.session.started",
    payload: () => ({
      session_id: session.session,
      observation_id: observationIdOf(session.src),
      attacker_ip: session.src,
      sensor_id: session.sensorId,
      service: session.service,
      started_at: new Date(session.startMs).toISOString(),
    }),
  });
}

type State = Readonly<{ groups: Groups<Session>; emit: Emit }>;

function takeEvent(event: LiftEvent, name: string, { groups, emit }: State): void {
  const key = `${event.sensorId} ${name}`;
  const known = groups.get(key);
  const src = known?.src ?? event.src?.ip;
  if (src === undefined) return;
  const session = next(known ?? begun(event, name, src), event);
  if (known === undefined) tellStarted(session, emit);
  const how = howOver(session, event);
  if (how === undefined) {
    for (const [, gone] of groups.set(key, event.sensorId, session)) end(gone, "full", emit);
    return;
  }
  groups.delete(key);
  end(session, how, emit);
}

function howOver(session: Session, event: LiftEvent): End | undefined {
  if (CLOSES.test(textOf(event, "event.action")?.slice(0, ACTION_CHARS_MAX) ?? "")) return "closed";
  return session.events >= EVENTS_MAX ? "full" : undefined;
}

/** Sessions that a decoy gives a name to, from their first event to their end. */
export const decoySessions = defineLifter<Session>({
  name: "session",
  version: 1,
  kinds: ["session", "auth_attempt", "command", "payload", "network", "credential", "http_request", "db_query"],
  groupsMax: 10_000,
  lift(event, groups, emit) {
    endIdle(event, { groups, idleMs: IDLE_MS, end: (session, how) => end(session, how, emit) });
    const name = textOf(event, "session.id")?.slice(0, 128).toWellFormed();
    if (name !== undefined) takeEvent(event, name, { groups, emit });
  },
  finish: (groups, emit) => endAll(groups, (session) => end(session, "idle", emit)),
});
