import type { LiveEntry, LiveMessage } from "@tyr/contract";

type Connection =
  | Readonly<{ state: "connecting" }>
  | Readonly<{ state: "live" }>
  | Readonly<{ state: "waiting"; retryAt: number }>
  | Readonly<{ state: "stopped" }>;

/**
 * What the browser knows of the live feed. `seq` is the last message it has; boot and seq are sent on reconnect.
 * `losses` counts the times messages were missed for good: each means "read everything again".
 */
export type LiveState = Readonly<{
  boot: string | undefined;
  seq: number;
  connection: Connection;
  attempt: number;
  paused: boolean;
  shown: readonly LiveEntry[];
  held: readonly LiveEntry[];
  heldDropped: number;
  losses: number;
}>;
export type LiveStep =
  | Readonly<{ do: "connect" }>
  | Readonly<{ do: "stop" }>
  | Readonly<{ do: "disconnect"; nowMs: number; jitter: number }>
  | Readonly<{ do: "receive"; messages: readonly LiveMessage[] }>
  | Readonly<{ do: "pause"; paused: boolean }>
  | Readonly<{ do: "show-held" }>;

/** Lines kept on screen and lines kept back while paused; the rows themselves are one click away in Events. */
export const SHOWN_MAX = 60;
export const HELD_MAX = 500;
const BACKOFF_MS = [500, 1000, 2000, 5000, 10_000, 30_000] as const;

export const idle: LiveState = {
  boot: undefined,
  seq: 0,
  connection: { state: "connecting" },
  attempt: 0,
  paused: false,
  shown: [],
  held: [],
  heldDropped: 0,
  losses: 0,
};

/** Half to the whole of the step, so that a restarted server is not met by all browsers at once. */
export function backoffMs(attempt: number, jitter: number): number {
  const step = BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)] ?? 30_000;
  return Math.round(step * (0.5 + jitter / 2));
}

/** The address to connect to; with boot and after the server sends what was missed. */
export function liveUrl(origin: string, state: Pick<LiveState, "boot" | "seq">): string {
  const url = new URL("/api/v1/live", origin);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (state.boot !== undefined) {
    url.searchParams.set("boot", state.boot);
    url.searchParams.set("after", String(state.seq));
  }
  return url.href;
}

function keep(state: LiveState, entry: LiveEntry): LiveState {
  if (!state.paused) return { ...state, shown: [entry, ...state.shown].slice(0, SHOWN_MAX) };
  const held = [entry, ...state.held];
  const over = Math.max(0, held.length - HELD_MAX);
  return { ...state, held: held.slice(0, HELD_MAX), heldDropped: state.heldDropped + over };
}

function receiveOne(state: LiveState, message: LiveMessage): LiveState {
  const { seq } = message;
  if (message.type === "message") {
    if (seq <= state.seq) return state;
    const gap = seq > state.seq + 1 ? 1 : 0;
    return keep({ ...state, seq, losses: state.losses + gap }, message);
  }
  // A resumed feed keeps its own place: what was missed comes next, and its numbers are below the server's newest.
  if (message.type === "hello" && message.boot === state.boot) return state;
  const first = message.type === "hello" && state.boot === undefined;
  return { ...state, boot: message.boot, seq, losses: state.losses + (first ? 0 : 1) };
}

/** Shows what was held back; the feed goes on as before, paused or not. */
function showHeld(state: LiveState): LiveState {
  return { ...state, shown: [...state.held, ...state.shown].slice(0, SHOWN_MAX), held: [], heldDropped: 0 };
}

function disconnected(state: LiveState, nowMs: number, jitter: number): LiveState {
  const retryAt = nowMs + backoffMs(state.attempt, jitter);
  return { ...state, attempt: state.attempt + 1, connection: { state: "waiting", retryAt } };
}

function received(state: LiveState, messages: readonly LiveMessage[]): LiveState {
  const open: LiveState = { ...state, attempt: 0, connection: { state: "live" } };
  return messages.reduce(receiveOne, open);
}

export function step(state: LiveState, event: LiveStep): LiveState {
  if (event.do === "connect") return { ...state, connection: { state: "connecting" } };
  if (event.do === "stop") return { ...idle, connection: { state: "stopped" } };
  if (event.do === "disconnect") return disconnected(state, event.nowMs, event.jitter);
  if (event.do === "receive") return received(state, event.messages);
  if (event.do === "pause" && event.paused) return { ...state, paused: true };
  return showHeld(event.do === "pause" ? { ...state, paused: false } : state);
}
