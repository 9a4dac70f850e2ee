import { type DerivedEvent, isDerived, type StreamEvent } from "#collect";
import { cursorOf, headOf, moveCursor } from "#platform/bus";
import { onSpan, traced } from "#platform/trace";
import { saysSomething } from "./answer.ts";
import { dayOf, type Occasion, verdictEvent } from "./derive.ts";
import { indicatorsOf, type Indicator } from "./indicator.ts";
import { findListed, type Listed, listLists } from "./list-store.ts";
import { isPublicAddress } from "./public-address.ts";
import { tellVerdicts, type TellDeps } from "./tell.ts";
import { countWanted, freshAnswers, type KnownAnswer, type Question, want } from "./verdict-store.ts";

export type FollowDeps = TellDeps &
  Readonly<{
    readAfter: (position: number, limit: number) => Promise<readonly StreamEvent[]>;
    /** Names of those who may be asked about addresses; none: nothing is ever sent. */
    providers: readonly string[];
    /** Questions that may wait at once; what is more is counted and not asked. */
    questionsMax?: number;
  }>;

export const INTEL_CONSUMER = "intel";
/** An answer counts for a day: then the address is asked about again, if it comes up. */
const ANSWER_LIFE_MS = 24 * 3_600_000;
const BATCH_MAX = 1_000;
/** With nothing loaded and nobody to ask, events are passed by this often and cost nothing in between. */
const PASS_BY_EVERY_MS = 10_000;
const QUESTIONS_MAX = 10_000;

type Batch = Readonly<{
  /** The first event that brought each indicator up. */
  occasions: ReadonlyMap<string, Readonly<{ indicator: Indicator; occasion: Occasion }>>;
  position: number;
}>;

function keyOf({ kind, value }: Indicator): string {
  return `${kind}|${value}`;
}

/** Every indicator once, with the first event that has it and the source that event is about. */
function gather(events: readonly StreamEvent[]): Batch {
  const occasions = new Map<string, Readonly<{ indicator: Indicator; occasion: Occasion }>>();
  for (const event of events) {
    if (isDerived(event)) continue;
    const src = event.src?.ip ?? null;
    for (const indicator of indicatorsOf(event)) {
      // A file may come from several addresses, on several days: each of them brought it.
      const key = `${keyOf(indicator)}|${src ?? ""}|${dayOf(event.time)}`;
      if (!occasions.has(key)) occasions.set(key, { indicator, occasion: { id: event.id, time: event.time, src } });
    }
  }
  return { occasions, position: events.at(-1)?.position ?? 0 };
}

/** Reads stored events with a cursor of its own: looks indicators up in lists, and notes down whom to ask about. */
export class EventFollower {
  readonly #deps: FollowDeps;
  /** Addresses that came up while too many questions were waiting. */
  unasked = 0;
  #idleUntilMs = 0;

  constructor(deps: FollowDeps) {
    this.#deps = deps;
  }

  /** A list came into force: there is something to look into. */
  lookAgain(): void {
    this.#idleUntilMs = 0;
  }

  /** @returns whether there may be more to do at once */
  async step(): Promise<boolean> {
    const { database, readAfter, providers, clock } = this.#deps;
    if (clock.now().getTime() < this.#idleUntilMs) return false;
    const lists = await listLists(database.read);
    if (providers.length === 0 && lists.length === 0) return await this.#passBy();
    const from = await cursorOf(database.read, INTEL_CONSUMER);
    const events = await readAfter(from, BATCH_MAX);
    if (events.length === 0) return false;
    const about = { worker: INTEL_CONSUMER, events: events.length };
    await traced("ttp.worker.intel_catchup", async () => await this.#lookUp(from, events, lists.length > 0), about);
    return events.length === BATCH_MAX;
  }

  async #lookUp(from: number, events: readonly StreamEvent[], hasLists: boolean): Promise<void> {
    const batch = gather(events);
    const said = await this.#saidInLists(batch, hasLists);
    const asked = await this.#askedBefore(batch);
    const questions = await this.#withinBounds(asked.questions);
    onSpan({ derived: said.length + asked.said.length, questions: questions.length });
    const move = { consumer: INTEL_CONSUMER, from, position: batch.position };
    await tellVerdicts(this.#deps, [...said, ...asked.said], async (tx, now) => {
      await want(tx, questions, now);
      await moveCursor(tx, { ...move, now });
    });
  }

  /** Nobody to ask and nothing to look into: events of that time are not gone through later. */
  async #passBy(): Promise<boolean> {
    const { database, clock } = this.#deps;
    this.#idleUntilMs = clock.now().getTime() + PASS_BY_EVERY_MS;
    const head = await headOf(database.read, "event");
    if (head > (await cursorOf(database.read, INTEL_CONSUMER)))
      await database.bookkeep("intel", async (tx) => {
        await moveCursor(tx, { consumer: INTEL_CONSUMER, position: head, now: clock.now() });
      });
    return false;
  }

  async #saidInLists({ occasions }: Batch, hasLists: boolean): Promise<readonly DerivedEvent[]> {
    if (!hasLists) return [];
    const distinct = new Map([...occasions.values()].map(({ indicator }) => [keyOf(indicator), indicator]));
    const listed = await findListed(this.#deps.database.read, [...distinct.values()]);
    const byKey = Map.groupBy(listed, ({ indicator }) => keyOf(indicator));
    return [...occasions.values()].flatMap(({ indicator, occasion }) =>
      (byKey.get(keyOf(indicator)) ?? []).map((one) => verdictEvent(saidBy(one), occasion)),
    );
  }

  async #askedBefore({
    occasions,
  }: Batch): Promise<Readonly<{ said: readonly DerivedEvent[]; questions: readonly Question[] }>> {
    const { database, clock, providers } = this.#deps;
    if (providers.length === 0) return { said: [], questions: [] };
    const sources = [...occasions.values()].filter(
      ({ indicator }) => indicator.kind === "ip" && isPublicAddress(indicator.value),
    );
    const addresses = sources.map(({ indicator }) => indicator.value);
    const since = new Date(clock.now().getTime() - ANSWER_LIFE_MS);
    const known = new Map((await freshAnswers(database.read, addresses, since)).map((one) => [placeOf(one), one]));
    const said: DerivedEvent[] = [];
    const questions = new Map<string, Question>();
    for (const { indicator, occasion } of sources)
      for (const provider of providers) {
        const place = placeOf({ provider, address: indicator.value });
        const answer = known.get(place);
        const question = { provider, address: indicator.value, eventId: occasion.id, eventTime: occasion.time };
        if (answer === undefined) questions.set(place, questions.get(place) ?? question);
        else if (saysSomething(answer.answer)) said.push(verdictEvent({ ...answer, indicator }, occasion));
      }
    return { said, questions: [...questions.values()] };
  }

  async #withinBounds(questions: readonly Question[]): Promise<readonly Question[]> {
    if (questions.length === 0) return [];
    const { database, providers, questionsMax = QUESTIONS_MAX } = this.#deps;
    const room = Math.max(0, questionsMax - (await countWanted(database.read, providers)));
    const taken = questions.slice(0, room);
    this.unasked += questions.length - taken.length;
    return taken;
  }
}

function placeOf({ provider, address }: Pick<KnownAnswer, "provider" | "address">): string {
  return `${provider}|${address}`;
}

function saidBy({ list, indicator, entry }: Listed): Parameters<typeof verdictEvent>[0] {
  const { score, threatTypes, families } = entry;
  const answer = { verdict: "malicious", score, threatTypes, malwareFamilies: families } as const;
  return { provider: list, indicator, answer };
}
