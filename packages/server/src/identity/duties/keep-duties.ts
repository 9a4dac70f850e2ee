import { refuse, type Refusal, type Refused, type Result } from "@tyr/contract";
import type { WriteTransaction } from "#platform/database";
import { conflictsIn, isOpen, keyOf, pairsOf, readStanding, type Conflict, type Standing } from "./conflicts.ts";
import { lockDuties } from "./store.ts";

/** What of a change is held only by exception: it belongs in the entry of the change. */
export type Kept<T> = Readonly<{ value: T; exceptions: readonly string[] }>;
/** For the details of an entry: what of the change stands on an exception from the separation of duties. */
export function underExceptions(exceptions: readonly string[]): Readonly<{ exceptions?: readonly string[] }> {
  return exceptions.length === 0 ? {} : { exceptions };
}

/** `of`: the only person whose roles or programs the change can touch; without it everybody is compared. */
export type Keeping = Readonly<{ now: Date; of?: string }>;

/** Enough to act on; more than so many are the same mistake many times. */
const NAMED_MAX = 20;

function refusalOf(standing: Standing, broken: readonly Conflict[]): Refused {
  const pairs = new Map(pairsOf(standing).map((pair) => [pair.id, pair]));
  const conflicts = broken.slice(0, NAMED_MAX).map(({ person, pair }) => {
    const { sides = [], reason = "" } = pairs.get(pair) ?? {};
    return { subject: person.id, name: person.name, pair, sides, reason };
  });
  const [first] = conflicts;
  const said =
    first === undefined
      ? "somebody would hold both sides of a pair of duties"
      : `${first.name} would hold ${first.sides.join(" and ")} together (${first.pair}): ${first.reason}`;
  return refuse("DUTY_CONFLICT", said, {
    pairs: [...new Set(broken.map(({ pair }) => pair))],
    conflicts,
    total: broken.length,
  });
}

/** Which pairs a refusal of `keepDuties` is about, without whom: for the log, where reasons stand in clear. */
export function brokenPairs({ facts }: Refusal): string {
  const pairs: unknown = facts?.["pairs"];
  return Array.isArray(pairs) ? pairs.join(", ") : "";
}

function exceptionOf({ pair, byRole, exception }: Conflict): string {
  return byRole === null ? `${pair}: ${exception?.id ?? ""}` : `${pair}: role ${byRole}`;
}

/**
 * Runs a change of what somebody holds: roles, what a role gives, keys of service accounts, who owns those, who may sign
 * in. It is refused when somebody would come into a conflict of duties that no exception allows; a conflict that was
 * there before stays possible to reduce. Within the caller's transaction, which a refusal must undo.
 *
 * @returns what the work gave, and which pairs are newly held by exception; `DUTY_CONFLICT`; or the work's own refusal
 */
export async function keepDuties<T>(
  tx: WriteTransaction,
  { now, of }: Keeping,
  work: () => Promise<Result<T>>,
): Promise<Result<Kept<T>>> {
  await lockDuties(tx);
  const before = conflictsIn(await readStanding(tx, now, of));
  const done = await work();
  if (!done.ok) return done;
  const standing = await readStanding(tx, now, of);
  const after = conflictsIn(standing);
  const wasOpen = new Set(before.filter(isOpen).map(keyOf));
  const broken = after.filter((one) => isOpen(one) && !wasOpen.has(keyOf(one)));
  if (broken.length > 0) return refusalOf(standing, broken);
  const held = new Set(before.map(keyOf));
  const exceptions = after.filter((one) => !isOpen(one) && !held.has(keyOf(one))).map(exceptionOf);
  return { ok: true, value: { value: done.value, exceptions: [...new Set(exceptions)] } };
}
