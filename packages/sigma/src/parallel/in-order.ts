/** The source is at its end, or threw. */
type End = Readonly<{ kind: "ended"; failure?: Readonly<{ error: unknown }> }>;
type Step<Item, Result> =
  | End
  | Readonly<{ kind: "taken"; item: Item }>
  | Readonly<{ kind: "done"; result: Result }>
  | Readonly<{ kind: "failed"; error: unknown }>;

/**
 * Works on several items at a time and gives the results in the order of the items. Takes no item while `atOnce` of them
 * are not delivered, and holds no result back for an item that has not come. When the source throws, the results of what it
 * gave are delivered first; when the work on an item throws, those of the items before it.
 */
export async function* inOrder<Item, Result>(
  source: AsyncIterable<Item> | Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  atOnce: number,
): AsyncGenerator<Result, void, undefined> {
  const items = iteratorOf(source);
  const results: Promise<Step<Item, Result>>[] = [];
  /** The item that was asked for, if one was. */
  const taking: Promise<Step<Item, Result>>[] = [];
  let end: End | undefined;
  try {
    while (end === undefined || results.length > 0) {
      if (end === undefined && taking.length === 0 && results.length < atOnce) taking.push(take(items));
      const step = await Promise.race([...taking, ...results.slice(0, 1)]);
      if (step.kind === "failed") throw step.error;
      if (step.kind === "done") {
        void results.shift();
        yield step.result;
        continue;
      }
      void taking.pop();
      if (step.kind === "ended") end = step;
      else results.push(outcomeOf(work(step.item)));
    }
  } finally {
    // Left early. A source that is just being asked is not waited for: it may never answer.
    if (end === undefined) leave(items);
  }
  if (end.failure !== undefined) throw end.failure.error;
}

function leave(items: AsyncIterator<unknown> | Iterator<unknown>): void {
  Promise.resolve(items.return?.()).catch(() => undefined);
}

function iteratorOf<Item>(source: AsyncIterable<Item> | Iterable<Item>): AsyncIterator<Item> | Iterator<Item> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

async function take<Item>(items: AsyncIterator<Item> | Iterator<Item>): Promise<Step<Item, never>> {
  try {
    const next = await items.next();
    return next.done === true ? { kind: "ended" } : { kind: "taken", item: next.value };
  } catch (error) {
    return { kind: "ended", failure: { error } };
  }
}

/** Never rejects: a rejection nobody waits for yet would end the process. */
async function outcomeOf<Result>(work: Promise<Result>): Promise<Step<never, Result>> {
  try {
    return { kind: "done", result: await work };
  } catch (error) {
    return { kind: "failed", error };
  }
}
