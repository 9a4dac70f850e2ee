import { isLiveMessage, type LiveEntry } from "@tyr/contract";
import type { Hearing, Notices } from "#platform/database";
import { NOTICE_BYTES_MAX } from "#platform/database";
import { startLoop, type RunningLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import type { Bus } from "./index.ts";

/** Between two looks at the connection it hears with. */
const LOOK_MS = 1_000;
/** What is said within this time goes in one statement; a person sees it that much later. */
const GATHER_MS = 50;
/** Kept while it cannot be said: the feed carries views, never the truth. */
const WAITING_MAX = 1_000;

export type RelayParts = Readonly<{ notices: Notices; bus: Bus; log: Logger; lookMs?: number }>;
type Said = Readonly<{ from: string; topic: string; at: string; data: unknown }>;

/**
 * Lets the processes that share a database hear what each of them says on its bus: live views at a server that stands by see
 * what the leader does, and the leader is woken by what another took in. What was said while a connection was broken is missed:
 * live views are told to read again.
 */
export function startRelay({ notices, bus, log, lookMs = LOOK_MS }: RelayParts): RunningLoop {
  let hearing: Hearing | undefined;
  let isFirst = true;
  const hear = (text: string): void => {
    const entry = heard(text, bus.boot);
    if (entry !== undefined) bus.publish(entry.topic, entry.data, true);
  };
  const step = async (): Promise<boolean> => {
    if (await hearing?.isOpen()) return false;
    await hearing?.[Symbol.asyncDispose]();
    hearing = undefined;
    hearing = await notices.hear(hear);
    if (!isFirst) bus.lose();
    isFirst = false;
    return false;
  };
  const speaker = createSpeaker(notices, log);
  const leave = bus.subscribe(({ topic, at, data }, isRelayed) => {
    if (!isRelayed) speaker.say({ from: bus.boot, topic, at, data });
  });
  const loop = startLoop({ name: "relay", step, restMs: lookMs, log });
  return {
    wake: loop.wake,
    async stop() {
      leave();
      await loop.stop();
      await speaker.stop();
      await hearing?.[Symbol.asyncDispose]();
    },
  };
}

/** Says in order what it is given, some at once. */
function createSpeaker(
  notices: Notices,
  log: Logger,
): Readonly<{ say: (said: Said) => void; stop: () => Promise<void> }> {
  const waiting: string[] = [];
  let isBroken = false;
  let timer: NodeJS.Timeout | undefined;
  let speaking = Promise.resolve();
  const flush = async (): Promise<void> => {
    const texts = waiting.splice(0);
    if (texts.length === 0) return;
    try {
      await notices.tell(texts);
      isBroken = false;
    } catch (error) {
      if (!isBroken)
        log.warn({ err: error }, "other servers cannot be told what happens here: live views there miss it");
      isBroken = true;
    }
  };
  const due = (): void => {
    timer = undefined;
    speaking = speaking.then(flush);
  };
  return {
    say(said) {
      const text = JSON.stringify(said);
      if (Buffer.byteLength(text) > NOTICE_BYTES_MAX) return;
      waiting.push(text);
      if (waiting.length > WAITING_MAX) waiting.shift();
      timer ??= setTimeout(due, GATHER_MS);
    },
    async stop() {
      clearTimeout(timer);
      due();
      await speaking;
    },
  };
}

/** What another process said, if it is a message of this contract: one of a newer server may not be. */
function heard(text: string, own: string): LiveEntry | undefined {
  const said = parsed(text);
  if (said === undefined || said.from === own) return undefined;
  const { topic, at, data } = said;
  const message: unknown = { type: "message", seq: 0, topic, at, data };
  return isLiveMessage(message) && message.type === "message" ? message : undefined;
}

function parsed(text: string): Partial<Said> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
