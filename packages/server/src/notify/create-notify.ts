import {
  ok,
  refuse,
  type Actor,
  type Notification,
  type NotificationHealth,
  type NotificationId,
  type NotificationView,
  type Result,
} from "@tyr/contract";
import type { Fact } from "#platform/database";
import { newId } from "#platform/ids";
import { startLoop, type Leading, type RunningLoop } from "#platform/lifecycle";
import { deliverNext } from "./deliver.ts";
import { gatherDue, gatherEntries } from "./gather.ts";
import { tellTest } from "./message.ts";
import { packNotices } from "./pack.ts";
import type { Room } from "./room.ts";
import { forgetOver, insertNotification, listNewest, readFigures, waitAgain, type NotificationRow } from "./store.ts";

export type NotifyDeps = Room &
  Readonly<{
    /** Name of the receiver's machine, for people: the rest of its address is a secret. */
    host: string;
    /** Left out: no other process shares the database. */
    leading?: Leading | undefined;
  }>;
export type Asking = Readonly<{ actor: Actor; requestId: string | null }>;

export type Notify = Readonly<{
  view(): Promise<NotificationView>;
  /** Undefined where nobody is told. */
  health(): Promise<NotificationHealth | undefined>;
  /** Refusal `NOTIFICATIONS_OFF`. */
  test(by: Asking): Promise<Result<Notification>>;
  /** Refusals `NOTIFICATIONS_OFF`, `NOT_FOUND`. */
  retry(id: NotificationId, by: Asking): Promise<Result<Notification>>;
  /** One step of the loop. True: there is more to do at once. */
  step(signal: AbortSignal): Promise<boolean>;
  start(): RunningLoop;
}>;

const REST_MS = 1_000;
const SHOWN = 50;
const DAY_MS = 86_400_000;
const KEPT_DAYS = { told: 7, givenUp: 30 };
const TIDY_MS = 3_600_000;

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

function toView({ id, kind, state, count, attempts, failure, ...row }: NotificationRow): Notification {
  const [madeAt, nextAt, deliveredAt] = [row.made_at.toISOString(), iso(row.next_at), iso(row.delivered_at)];
  return { id, kind, state, count, madeAt, attempts, nextAt, deliveredAt, failure };
}

/** Looks in the order of the data: what happened, what of it goes out, and out it goes. */
function stepping(room: Room): Notify["step"] {
  let tidiedAt = 0;
  const tidy = async (): Promise<void> => {
    const now = room.clock.now().getTime();
    if (now - tidiedAt < TIDY_MS) return;
    tidiedAt = now;
    const before = (days: number) => new Date(now - days * DAY_MS);
    const over = { told: before(KEPT_DAYS.told), givenUp: before(KEPT_DAYS.givenUp) };
    await room.database.bookkeep("notification", async (tx) => await forgetOver(tx, over));
  };
  return async (signal) => {
    const more = await gatherEntries(room);
    await gatherDue(room);
    await tidy();
    const turn = await deliverNext(room, signal);
    if (turn === "nothing_waits") return (await packNotices(room)) || more;
    return turn === "tried" || more;
  };
}

function askedFact(type: Fact["type"], { id }: { id: string }, by: Asking & Readonly<{ before: string | null }>): Fact {
  const { actor, requestId, before } = by;
  return { type, actor, object: { kind: "notification", id }, before, after: "waiting", requestId };
}

async function makeTest({ database, clock, publicUrl }: Room, by: Asking): Promise<Result<Notification>> {
  const now = clock.now();
  const id = newId("notification", now);
  const body = tellTest(now, { id, publicUrl });
  const row = await database.audited(
    askedFact("notification.tested", { id }, { ...by, before: null }),
    async (tx) => await insertNotification(tx, { id, kind: "test", count: 1, body }, now),
  );
  return ok(toView(row));
}

async function retryOne({ database, clock }: Room, id: NotificationId, by: Asking): Promise<Result<Notification>> {
  const row = await database.audited(
    (found: NotificationRow | undefined) =>
      found === undefined ? [] : [askedFact("notification.retried", found, { ...by, before: "given_up" })],
    async (tx) => await waitAgain(tx, id, clock.now()),
  );
  return row === undefined ? refuse("NOT_FOUND", `there is no notification ${id} that was given up`) : ok(toView(row));
}

/** Tells people outside of Tyr what waits for them, and what came of it. Nothing comes back in this way. */
export function createNotify({ host, leading, ...room }: NotifyDeps): Notify {
  const { database, log } = room;
  const step = stepping(room);
  return {
    async view() {
      const { failure: _, lastDeliveredAt, ...counts } = await readFigures(database.read);
      const items = (await listNewest(database.read, SHOWN)).map(toView);
      return { on: true, host, about: [...room.about], ...counts, lastDeliveredAt: iso(lastDeliveredAt), items };
    },
    async health() {
      const { lastDeliveredAt, ...figures } = await readFigures(database.read);
      return { ...figures, lastDeliveredAt: iso(lastDeliveredAt) };
    },
    test: async (by) => await makeTest(room, by),
    retry: async (id, by) => await retryOne(room, id, by),
    step,
    start: () => startLoop({ name: "notify", step, restMs: REST_MS, log, leading }),
  };
}

const OFF = () => refuse("NOTIFICATIONS_OFF", "the server was started without TYR_NOTIFY_URL");

/** Where no place is set: nothing is read, gathered or sent. */
export const NO_NOTIFICATIONS: Notify = {
  view: async () =>
    await Promise.resolve({
      on: false,
      host: null,
      about: [],
      gathered: 0,
      waiting: 0,
      givenUp: 0,
      lastDeliveredAt: null,
      items: [],
    }),
  health: async () => await Promise.resolve(undefined),
  test: async () => await Promise.resolve(OFF()),
  retry: async () => await Promise.resolve(OFF()),
  step: async () => await Promise.resolve(false),
  start: () => ({ wake: () => undefined, stop: async () => await Promise.resolve() }),
};
