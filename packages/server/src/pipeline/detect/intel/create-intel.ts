import { randomUUID } from "node:crypto";
import type { StreamEvent } from "#collect";
import type { Bus } from "#platform/bus";
import { type Leading, type Loop, type RunningLoop, startLoop } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { type IntelFeed, type IntelProvider, type IntelVerdict, strongest } from "./answer.ts";
import { ProviderAsker, type ProviderFigures } from "./ask-providers.ts";
import { EventFollower, INTEL_CONSUMER } from "./follow-events.ts";
import { type ListLoaded, type ListPart, loadListPart } from "./load-list.ts";
import { type IntelList, listLists } from "./list-store.ts";
import { INTEL_ACTOR, type TellDeps } from "./tell.ts";
import { answersFor, countWanted, type KnownAnswer } from "./verdict-store.ts";

export type IntelDeps = TellDeps &
  Readonly<{
    bus: Bus;
    log: Logger;
    /** Left out: no other process shares the database. */
    leading?: Leading | undefined;
    readAfter: (position: number, limit: number, reader: string) => Promise<readonly StreamEvent[]>;
    /** Whom the operator switched on; none by default. */
    providers: readonly IntelProvider[];
    feeds: readonly IntelFeed[];
  }>;

type IntelStatus = Readonly<{
  lists: readonly IntelList[];
  providers: readonly (Readonly<{ name: string }> & Readonly<ProviderFigures>)[];
  feeds: readonly string[];
  /** Questions that wait, and addresses nobody was asked about because too many did. */
  waiting: number;
  unasked: number;
}>;
export type AddressIntel = Readonly<{ verdict: IntelVerdict | undefined; answers: readonly KnownAnswer[] }>;

/** What others know of attackers: lists an operator loads, and providers an operator switched on. */
export type Intel = Readonly<{
  load(part: ListPart): Promise<ListLoaded>;
  status(): Promise<IntelStatus>;
  about(address: string): Promise<AddressIntel>;
  stop(): Promise<void>;
}>;

const REST_MS = 1_000;
const ASK_REST_MS = 2_000;
const FEED_REST_MS = 60_000;
/** A feed that failed is fetched again after this long, or after its own time if that is shorter. */
const FEED_RETRY_MS = 900_000;

export function startIntel(deps: IntelDeps): Intel {
  const { database, bus, log, leading, providers, feeds } = deps;
  const readAfter = async (position: number, limit: number) => await deps.readAfter(position, limit, INTEL_CONSUMER);
  const names = providers.map(({ name }) => name);
  const follower = new EventFollower({ ...deps, readAfter, providers: names });
  const asker = new ProviderAsker(deps);
  const started = (loop: Pick<Loop, "name" | "step" | "restMs">): RunningLoop => startLoop({ ...loop, log, leading });
  const follow = started({ name: INTEL_CONSUMER, step: async () => await follower.step(), restMs: REST_MS });
  const seeLists = (): void => {
    follower.lookAgain();
    follow.wake();
  };
  const loops: RunningLoop[] = [follow];
  // With nobody to ask it still forgets what was said and asked before they were switched off.
  loops.push(started({ name: "intel-ask", step: async (signal) => await asker.step(signal), restMs: ASK_REST_MS }));
  loops.push(...feeds.map((feed) => startFeed(feed, { ...deps, seeLists })));
  const unsubscribe = bus.subscribe(({ topic }) => {
    if (topic === "event.stored") follow.wake();
  });
  return {
    load: async (part) => {
      const done = await loadListPart(deps, part);
      if (done.inForce) seeLists();
      return done;
    },
    status: async () => ({
      lists: await listLists(database.read),
      providers: [...asker.figures()].map(([name, figures]) => ({ name, ...figures })),
      feeds: feeds.map(({ list }) => list),
      waiting: await countWanted(database.read, names),
      unasked: follower.unasked,
    }),
    about: async (address) => {
      const answers = await answersFor(database.read, address);
      return { verdict: strongest(answers.map(({ answer }) => answer.verdict)), answers };
    },
    async stop() {
      unsubscribe();
      await Promise.all(loops.map(async (loop) => await loop.stop()));
    },
  };
}

/** Entries in one transaction. */
const PART_ENTRIES_MAX = 5_000;

/** Fetches a list from time to time; what was fetched before counts until the next one is whole. */
function startFeed(feed: IntelFeed, deps: IntelDeps & Readonly<{ seeLists: () => void }>): RunningLoop {
  let dueAtMs = 0;
  const step = async (signal: AbortSignal): Promise<boolean> => {
    const nowMs = deps.clock.now().getTime();
    if (nowMs < dueAtMs) return false;
    const fetched = await feed.fetch(signal);
    dueAtMs = nowMs + (fetched.ok ? feed.everyMs : Math.min(feed.everyMs, FEED_RETRY_MS));
    if (!fetched.ok) {
      deps.log.warn(
        { list: feed.list, reason: fetched.reason },
        "a list could not be fetched: the one before stays in force",
      );
      return false;
    }
    const generation = randomUUID();
    const { entries, rejected } = fetched;
    for (let at = 0; at === 0 || at < entries.length; at += PART_ENTRIES_MAX) {
      const isLast = at + PART_ENTRIES_MAX >= entries.length;
      const part = entries.slice(at, at + PART_ENTRIES_MAX);
      await loadListPart(deps, {
        list: feed.list,
        generation,
        entries: part,
        rejected: isLast ? rejected : 0,
        isLast,
        by: { actor: INTEL_ACTOR, requestId: null },
      });
    }
    deps.seeLists();
    return false;
  };
  return startLoop({ name: `intel-${feed.list}`, step, restMs: FEED_REST_MS, log: deps.log, leading: deps.leading });
}
