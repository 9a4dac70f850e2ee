import { ok, refuse, type Actor, type Erasure, type LegalHold, type Result } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import type { Secrets } from "#platform/secrets";
import {
  deleteOldHolds,
  deleteValues,
  findHold,
  insertHold,
  liftHold,
  listHolds,
  lockHolds,
  type HoldRow,
} from "./erasure-store.ts";
import { dataKeyPlace } from "./personal-values.ts";

/** Takes a person's name and places out of a room's tables. @returns rows changed, or why they may not be erased */
type Eraser = (tx: WriteTransaction, subjectId: string) => Promise<Result<number>>;

export type PrivacyDeps = Readonly<{
  database: Database;
  secrets: Pick<Secrets, "drop">;
  clock: Clock;
  /** What other rooms hold of a person. */
  erasers: readonly Eraser[];
}>;
/** Who orders it, and why: for the log, so the reason names nobody. */
type PrivacyOrder = Readonly<{ actor: Actor; requestId: string; subject: string; reason: string }>;

/** Erasing somebody, and holding that off. A subject is the id of a user, or `value:` and an address nobody is known by. */
export type Privacy = Readonly<{
  /** Refusals `LEGAL_HOLD`, `SUBJECT_ACTIVE`. Erasing again changes and logs nothing. */
  erase(order: PrivacyOrder): Promise<Result<Erasure>>;
  /** What `erase` would answer now, refusals included; nothing is changed. */
  preview(subject: string): Promise<Result<Erasure>>;
  /** One hold per subject: placing another answers the one in force. */
  hold(order: PrivacyOrder): Promise<LegalHold>;
  /** Refusal `NOT_FOUND`. */
  release(order: Omit<PrivacyOrder, "subject"> & Readonly<{ id: string }>): Promise<Result<LegalHold>>;
  holds(): Promise<readonly LegalHold[]>;
}>;

/** The log names people by their random id; an address would be what it must not hold. */
function objectOf(subject: string): Fact["object"] {
  return { kind: "subject", id: subject.startsWith("value:") ? "value" : subject };
}

function viewOf({ id, subject, reason, placed_by, placed_at }: HoldRow): LegalHold {
  return { id: id as LegalHold["id"], subject, reason, placedBy: placed_by, placedAt: placed_at.toISOString() };
}

/** A refusal inside of the transaction: everything is rolled back with it. */
class EraserRefused extends Error {
  readonly refused: Extract<Result<never>, { ok: false }>;
  constructor(refused: Extract<Result<never>, { ok: false }>) {
    super(refused.refusal.detail);
    this.refused = refused;
  }
}

async function eraseEverywhere({ erasers }: PrivacyDeps, tx: WriteTransaction, subject: string): Promise<number> {
  let rows = 0;
  for (const eraser of erasers) {
    const done = await eraser(tx, subject);
    if (!done.ok) throw new EraserRefused(done);
    rows += done.value;
  }
  return rows;
}

async function eraseHeld(deps: PrivacyDeps, tx: WriteTransaction, subject: string): Promise<Result<Erasure>> {
  await lockHolds(tx);
  const hold = await findHold(tx, subject);
  if (hold !== undefined) return refuse("LEGAL_HOLD", `${hold.id} holds ${subject}`, { hold: hold.id });
  const values = await deleteValues(tx, subject);
  const hadKey = await deps.secrets.drop(tx, dataKeyPlace(subject));
  const rows = await eraseEverywhere(deps, tx, subject);
  await deleteOldHolds(tx, subject);
  const changed = values !== undefined || hadKey || rows > 0;
  return ok({ subject, values: values ?? 0, rows, changed });
}

function erasedFacts(done: Result<Erasure>, { actor, requestId, subject, reason }: PrivacyOrder): readonly Fact[] {
  if (!done.ok || !done.value.changed) return [];
  const { values, rows } = done.value;
  const details = { reason, values, rows };
  return [{ type: "subject.erased", actor, requestId, object: objectOf(subject), before: "known", details }];
}

async function erase(deps: PrivacyDeps, order: PrivacyOrder): Promise<Result<Erasure>> {
  try {
    return await deps.database.audited(
      (done: Result<Erasure>) => erasedFacts(done, order),
      async (tx) => await eraseHeld(deps, tx, order.subject),
    );
  } catch (error) {
    if (error instanceof EraserRefused) return error.refused;
    throw error;
  }
}

/** Done like an erasure and rolled back, so that it cannot say anything else than what one would do. */
async function preview(deps: PrivacyDeps, subject: string): Promise<Result<Erasure>> {
  try {
    return await deps.database.audited(
      () => [],
      async (tx) => await eraseHeld(deps, tx, subject),
    );
  } catch (error) {
    if (error instanceof EraserRefused) return error.refused;
    throw error;
  }
}

type Placed = Readonly<{ hold: HoldRow; isNew: boolean }>;

async function place({ clock }: PrivacyDeps, tx: WriteTransaction, order: PrivacyOrder): Promise<Placed> {
  await lockHolds(tx);
  const known = await findHold(tx, order.subject);
  if (known !== undefined) return { hold: known, isNew: false };
  const now = clock.now();
  const { subject, reason, actor } = order;
  const hold = { id: newId("hold", now), subject, reason, placed_by: actor.id, placed_at: now, lifted_at: null };
  await insertHold(tx, hold);
  return { hold, isNew: true };
}

export function createPrivacy(deps: PrivacyDeps): Privacy {
  const { database, clock } = deps;
  const holdFact = (type: "hold.placed" | "hold.lifted", hold: HoldRow, by: Omit<PrivacyOrder, "subject">): Fact => ({
    type,
    actor: by.actor,
    requestId: by.requestId,
    object: objectOf(hold.subject),
    ...(type === "hold.placed" ? { after: "in force" } : { before: "in force", after: "lifted" }),
    details: { hold: hold.id, reason: by.reason },
  });
  return {
    preview: async (subject) => await preview(deps, subject),
    erase: async (order) => await erase(deps, order),
    async hold(order) {
      const { hold } = await database.audited(
        ({ hold: placed, isNew }: Placed) => (isNew ? [holdFact("hold.placed", placed, order)] : []),
        async (tx) => await place(deps, tx, order),
      );
      return viewOf(hold);
    },
    async release(order) {
      const lifted = await database.audited(
        (hold: HoldRow | undefined) => (hold === undefined ? [] : [holdFact("hold.lifted", hold, order)]),
        async (tx) => await liftHold(tx, order.id, clock.now()),
      );
      return lifted === undefined ? refuse("NOT_FOUND", `no hold ${order.id} is in force`) : ok(viewOf(lifted));
    },
    holds: async () => (await listHolds(database.read)).map(viewOf),
  };
}
