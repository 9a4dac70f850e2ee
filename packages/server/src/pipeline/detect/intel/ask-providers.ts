import type { IntelAsked, IntelProvider } from "./answer.ts";
import { saysSomething } from "./answer.ts";
import { verdictEvent } from "./derive.ts";
import { tellVerdicts, type TellDeps } from "./tell.ts";
import { dueQuestions, forgetAnswers, keepAnswer, postpone, type Question } from "./verdict-store.ts";

export type AskDeps = TellDeps & Readonly<{ providers: readonly IntelProvider[] }>;

/** At most so many questions are with one provider at once. */
const CONCURRENT_MAX = 4;
const BACKOFF_FIRST_MS = 60_000;
const BACKOFF_MAX_MS = 6 * 3_600_000;
/** Then the question is dropped until the address comes up again. */
const FAILURES_MAX = 6;
const KEEP_MS = 30 * 24 * 3_600_000;
const FORGET_EVERY_MS = 3_600_000;

/** What became of questions since the start of the process. */
export type ProviderFigures = {
  asked: number;
  answered: number;
  failed: number;
  givenUp: number;
  pausedUntil: Date | null;
};

type Turn = Readonly<{
  provider: IntelProvider;
  question: Question & Readonly<{ failures: number }>;
  asked: IntelAsked;
}>;

/** Doubles with each failure; a provider that says how long is left alone at least that long. */
export function backoffMs(failures: number, delayMs = 0): number {
  const own = Math.min(BACKOFF_FIRST_MS * 2 ** Math.max(0, failures - 1), BACKOFF_MAX_MS);
  return Math.min(Math.max(own, delayMs), BACKOFF_MAX_MS);
}

/** Puts the questions that are due to their providers; the network is never inside a transaction. */
export class ProviderAsker {
  readonly #deps: AskDeps;
  readonly #figures = new Map<string, ProviderFigures>();
  #forgottenAtMs = 0;

  constructor(deps: AskDeps) {
    this.#deps = deps;
    for (const { name } of deps.providers)
      this.#figures.set(name, { asked: 0, answered: 0, failed: 0, givenUp: 0, pausedUntil: null });
  }

  figures(): ReadonlyMap<string, Readonly<ProviderFigures>> {
    return this.#figures;
  }

  /** @returns whether there may be more to do at once */
  async step(signal: AbortSignal): Promise<boolean> {
    const rounds = await Promise.all(this.#deps.providers.map(async (provider) => await this.#round(provider, signal)));
    for (const turn of rounds.flat()) await this.#keep(turn);
    await this.#forget();
    return rounds.some((round) => round.length === CONCURRENT_MAX);
  }

  async #round(provider: IntelProvider, signal: AbortSignal): Promise<readonly Turn[]> {
    const { database, clock } = this.#deps;
    const now = clock.now();
    const figures = this.#figuresOf(provider);
    if (figures.pausedUntil !== null && figures.pausedUntil > now) return [];
    const due = await dueQuestions(database.read, { provider: provider.name, now, limit: CONCURRENT_MAX });
    figures.asked += due.length;
    return await Promise.all(
      due.map(async (question) => ({ provider, question, asked: await provider.ask(question.address, signal) })),
    );
  }

  async #keep({ provider, question, asked }: Turn): Promise<void> {
    const { database, clock } = this.#deps;
    const figures = this.#figuresOf(provider);
    if (asked.ok) {
      figures.answered += 1;
      figures.pausedUntil = null;
      const indicator = { kind: "ip", value: question.address } as const;
      const occasion = { id: question.eventId, time: question.eventTime, src: question.address };
      const said = saysSomething(asked.answer)
        ? [verdictEvent({ provider: provider.name, indicator, answer: asked.answer }, occasion)]
        : [];
      await tellVerdicts(
        this.#deps,
        said,
        async (tx, now) => await keepAnswer(tx, question, { answer: asked.answer, now }),
      );
      return;
    }
    figures.failed += 1;
    const failures = question.failures + 1;
    const waitMs = backoffMs(failures, asked.delayMs);
    const nextAt = new Date(clock.now().getTime() + waitMs);
    // A key that is not accepted, or a limit that is reached, is so for every address.
    if (asked.reason === "refused" || asked.reason === "too_many") figures.pausedUntil = nextAt;
    const isLast = failures >= FAILURES_MAX;
    if (isLast) figures.givenUp += 1;
    await database.bookkeep(
      "intel",
      async (tx) => await postpone(tx, question, { failures, nextAt: isLast ? null : nextAt }),
    );
  }

  async #forget(): Promise<void> {
    const { database, clock } = this.#deps;
    const nowMs = clock.now().getTime();
    if (nowMs - this.#forgottenAtMs < FORGET_EVERY_MS) return;
    this.#forgottenAtMs = nowMs;
    const providers = this.#deps.providers.map(({ name }) => name);
    const before = new Date(nowMs - KEEP_MS);
    await database.bookkeep("intel", async (tx) => await forgetAnswers(tx, { before, providers }));
  }

  #figuresOf({ name }: IntelProvider): ProviderFigures {
    const figures = this.#figures.get(name);
    if (figures === undefined) throw new Error(`no provider ${name}`);
    return figures;
  }
}
