import type { EventId, EventKind } from "@tyr/contract";
import { type DerivedEvent, derivedEventId, type StreamEvent } from "#collect";
import type { NewMessage, Said } from "#platform/bus";
import type { TriedOnce } from "./credential-store.ts";
import { Groups, type SavedGroup } from "./groups.ts";

/** What lifters read of an event; never one that Tyr derived itself. */
export type LiftEvent = Pick<
  StreamEvent,
  "id" | "position" | "time" | "observedAt" | "sensorId" | "kind" | "src" | "user" | "logsource" | "fields" | "ecs"
>;

/** What became of events so far, in order. */
export type Lifted = Readonly<{
  derived: readonly DerivedEvent[];
  messages: readonly NewMessage[];
  /** Credentials somebody tried, each once per attempt. */
  tried: readonly TriedOnce[];
  said: readonly Said[];
}>;

/** Collects what a lifter has to say about one event; thrown away whole when the lifter breaks. */
export class Emit {
  readonly derived: DerivedEvent[] = [];
  readonly messages: NewMessage[] = [];
  readonly tried: TriedOnce[] = [];
  readonly said: Said[] = [];

  /** @returns the id it will have */
  event(event: DerivedEvent): EventId {
    this.derived.push(event);
    return derivedEventId(event);
  }

  /** Stored with the derived events: at least once. */
  message(message: NewMessage): void {
    this.messages.push(message);
  }

  /** Counted with the derived events, in their transaction. */
  credential(tried: TriedOnce): void {
    this.tried.push(tried);
  }

  say(said: Said): void {
    this.said.push(said);
  }
}

/**
 * Derives events from events. Pure: state in, state out, no clock, no database. What it answers depends on the events
 * and their order alone. Time is `atMs`: an event may claim to be at most five minutes ahead of its receipt.
 */
export type LifterSpec<S> = Readonly<{
  name: string;
  /** Raised when the shape of its state changes: older state is forgotten. */
  version: number;
  kinds: readonly EventKind[];
  groupsMax: number;
  lift: (event: LiftEvent, groups: Groups<S>, emit: Emit) => void;
  /** Ends what is still open, as if nothing ever came again: for trying rules on a few lines. */
  finish?: (groups: Groups<S>, emit: Emit) => void;
}>;

/** A lifter with state of its own, which nobody else looks into. */
export type StartedLifter = Readonly<{
  lift(event: LiftEvent, emit: Emit): void;
  finish(emit: Emit): void;
  takeDirty: Groups<unknown>["takeDirty"];
  restore(saved: readonly SavedGroup[]): number;
  size(): number;
  letGo(): number;
}>;
export type Lifter = Readonly<{ name: string; version: number; kinds: readonly EventKind[]; start(): StartedLifter }>;

export function defineLifter<S>({ name, version, kinds, groupsMax, lift, finish }: LifterSpec<S>): Lifter {
  const start = (): StartedLifter => {
    const groups = new Groups<S>(groupsMax);
    return {
      lift: (event, emit) => lift(event, groups, emit),
      finish: (emit) => finish?.(groups, emit),
      takeDirty: () => groups.takeDirty(),
      restore: (saved) => groups.restore(saved),
      size: () => groups.size,
      letGo: () => groups.letGo,
    };
  };
  return { name, version, kinds, start };
}

const AHEAD_MAX_MS = 300_000;

/** When an event counts as having happened, milliseconds: as detection has it. */
export function atMs({ time, observedAt }: Pick<LiftEvent, "time" | "observedAt">): number {
  return Math.min(time.getTime(), observedAt.getTime() + AHEAD_MAX_MS);
}

/** A field of an event as text; undefined where it is absent, empty or no text. */
export function textOf(event: LiftEvent, name: string): string | undefined {
  const value = event.ecs[name] ?? event.fields[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A count or size under the first of these names that holds one; senders write numbers as text too. */
export function numberOf(event: LiftEvent, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = event.ecs[name] ?? event.fields[name];
    const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isFinite(number) && number >= 0) return number;
  }
  return undefined;
}

/** What is spoken: `ssh`, `http` …; else the port, else the service that wrote the line. */
export function serviceOf(event: LiftEvent): string {
  const protocol = textOf(event, "network.protocol");
  if (protocol !== undefined) return protocol.toLowerCase().slice(0, 32).toWellFormed();
  const service = textOf(event, "service.name")?.toLowerCase();
  if (service === "sshd") return "ssh";
  const port = numberOf(event, ["destination.port"]);
  return service?.slice(0, 32).toWellFormed() ?? (port === undefined ? "unknown" : `port ${port}`);
}
