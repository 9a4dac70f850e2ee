import { LIVE_MESSAGES, type LiveMessage } from "@tyr/contract";
import { conforms, type Schema } from "./conforms.ts";
import { idle, liveUrl, step, type LiveState, type LiveStep } from "./resume.ts";

/** At most four screens a second, however fast the server talks. */
const BATCH_MS = 250;
/** A server that opens the socket and then says nothing is treated as gone. */
const GREETING_MS = 10_000;
/** The close code with which the server says that the session is over. */
const SESSION_ENDED = 4401;

type Listener = () => void;

/** Collects what arrives and hands it over at most every BATCH_MS. */
function createBatch(deliver: (messages: readonly LiveMessage[]) => void) {
  let waiting: LiveMessage[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  function flush(): void {
    if (timer !== undefined) clearTimeout(timer);
    timer = undefined;
    const messages = waiting;
    waiting = [];
    if (messages.length > 0) deliver(messages);
  }
  return {
    flush,
    add: (message: LiveMessage): void => {
      waiting.push(message);
      timer ??= setTimeout(flush, BATCH_MS);
    },
  };
}

/** One WebSocket for the whole page, and the state its readers see. Messages are batched; retries back off. */
export function createLiveConnection(origin: string, onSessionEnded: () => void) {
  let state = idle;
  let socket: WebSocket | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<Listener>();
  const batch = createBatch((messages) => apply({ do: "receive", messages }));

  function apply(event: LiveStep): void {
    state = step(state, event);
    for (const listener of listeners) listener();
  }

  function onClose(closed: WebSocket): void {
    if (socket !== closed) return;
    batch.flush();
    apply({ do: "disconnect", nowMs: Date.now(), jitter: Math.random() });
    if (state.connection.state === "waiting") retry = setTimeout(open, state.connection.retryAt - Date.now());
  }

  function open(): void {
    apply({ do: "connect" });
    const opened = new WebSocket(liveUrl(origin, state));
    socket = opened;
    const greeting = setTimeout(() => opened.close(), GREETING_MS);
    opened.addEventListener("message", (event) => {
      clearTimeout(greeting);
      const message = readMessage(event.data);
      if (message !== undefined && socket === opened) batch.add(message);
    });
    opened.addEventListener("close", (event) => {
      clearTimeout(greeting);
      if (event.code === SESSION_ENDED) onSessionEnded();
      onClose(opened);
    });
  }

  function stop(): void {
    const closing = socket;
    socket = undefined;
    if (retry !== undefined) clearTimeout(retry);
    closing?.close();
    batch.flush();
    apply({ do: "stop" });
  }

  function retryNow(): void {
    if (state.connection.state !== "waiting") return;
    if (retry !== undefined) clearTimeout(retry);
    open();
  }

  return {
    start: (): void => (socket === undefined ? open() : undefined),
    stop,
    retryNow,
    apply,
    read: (): LiveState => state,
    subscribe: (listener: Listener): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const isMessage = (frame: unknown): frame is LiveMessage =>
  LIVE_MESSAGES.some((schema) => conforms(schema as Schema, frame));

/** A frame that is not a message of the contract this page was built with is left out; the gap makes the page read again. */
function readMessage(data: unknown): LiveMessage | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const frame: unknown = JSON.parse(data);
    return isMessage(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}
