import type { WriteTransaction } from "#platform/database";

type Due = Readonly<{ cutoff: Date; heldSubjects: readonly string[] }>;
type Held = readonly Readonly<{ why: string; records: number }>[];
type Kept = Readonly<{
  count(tx: WriteTransaction, due: Due): Promise<Readonly<{ due: number; held: { why: string; records: number }[] }>>;
  remove(tx: WriteTransaction, due: Due, limit: number): Promise<number>;
}>;

function summed(all: Held): { why: string; records: number }[] {
  const byWhy = new Map<string, number>();
  for (const { why, records } of all) byWhy.set(why, (byWhy.get(why) ?? 0) + records);
  return [...byWhy].map(([why, records]) => ({ why, records }));
}

/** Two kinds of records of one class: what is told of them adds up, and a batch takes from the first one first. */
export function retainedTogether(first: Kept, second: Kept): Kept {
  return {
    async count(tx, due) {
      const [a, b] = [await first.count(tx, due), await second.count(tx, due)];
      return { due: a.due + b.due, held: summed([...a.held, ...b.held]) };
    },
    async remove(tx, due, limit) {
      const removed = await first.remove(tx, due, limit);
      return removed < limit ? removed + (await second.remove(tx, due, limit - removed)) : removed;
    },
  };
}
