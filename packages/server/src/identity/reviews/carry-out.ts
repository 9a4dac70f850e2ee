import { ok, refuse, type Result, type ReviewItem, type Role, type ServiceAccountId } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Fact, WriteTransaction } from "#platform/database";
import type { EndAccess } from "../end-access.ts";
import { endKeys } from "../keys/end-keys.ts";
import { findService, updateService } from "../keys/store.ts";
import { findSubject, isClosedHere, updateSubject } from "../store.ts";
import { applyChange, changeFacts, type Administrator } from "../users.ts";
import type { Holding } from "./holdings.ts";
import { isOfProvider, type NamedItem, type NamedReview } from "./store.ts";

export type Revoking = Readonly<{
  clock: Clock;
  endAccess: EndAccess;
  review: NamedReview;
  by: Administrator;
}>;
/** What was done to one item, with the entries it leaves and what runs after the commit. */
export type Done = Readonly<{
  outcome: ReviewItem["outcome"];
  facts: readonly Fact[];
  committed: () => void;
  /** What the reader of the report must know of it. */
  note?: string;
}>;

const nothing = (): void => undefined;

/** Every entry says for which campaign. */
function inReview(facts: readonly Fact[], { review }: Revoking): readonly Fact[] {
  return facts.map((fact) => ({ ...fact, details: { ...fact.details, review: review.id } }));
}

/** What stays: of a review of one role all others, of `change` those named, else nothing. Without a role nobody signs in. */
function rolesLeft({ held }: Holding, item: NamedItem, { role }: NamedReview): readonly Role[] {
  if (item.decision === "change") return item.roles ?? [];
  return role === null ? [] : held.roles.filter((one) => one !== role);
}

const GIVEN_BACK =
  "an identity provider gives roles by groups: take this person out of the group there, or it gives them back";

async function takeFromPerson(
  tx: WriteTransaction,
  { item, now }: Readonly<{ item: NamedItem; now: Holding }>,
  revoking: Revoking,
): Promise<Result<Done>> {
  const { clock, endAccess, by } = revoking;
  const roles = [...rolesLeft(now, item, revoking.review)];
  const change = roles.length === 0 ? { active: false } : { roles };
  const before = await findSubject(tx, now.id);
  const closedHere = before !== undefined && (await isClosedHere(tx, before.id));
  const done = await applyChange(tx, { clock, endAccess, id: now.id, change }, by);
  if (!done.ok) {
    // What was refused is undone by hand: the rest of the campaign is in this transaction.
    if (before !== undefined) await updateSubject(tx, { ...before, closedHere });
    return done;
  }
  const facts = inReview(changeFacts(done.value, by), revoking);
  const outcome = item.decision === "change" ? "changed" : "revoked";
  const note = roles.length > 0 && (await isOfProvider(tx, now.id)) ? { note: GIVEN_BACK } : {};
  return ok({ outcome, facts, committed: done.value.ended.committed, ...note });
}

async function endKey(tx: WriteTransaction, id: string, revoking: Revoking): Promise<Result<Done>> {
  const { keys, families } = await endKeys(tx, { key: id }, revoking.clock.now());
  // Ended a moment ago with its service account, in this campaign.
  if (keys.length === 0) return ok({ outcome: "revoked", facts: [], committed: nothing });
  const object = { kind: "key", id };
  const details = { tokensEnded: families.length };
  const fact: Fact = { type: "key.revoked", ...revoking.by, object, before: "usable", after: "revoked", details };
  return ok({ outcome: "revoked", facts: inReview([fact], revoking), committed: nothing });
}

async function endService(tx: WriteTransaction, id: string, revoking: Revoking): Promise<Result<Done>> {
  const service = await findService(tx, id);
  if (service === undefined) return refuse("NOT_FOUND", `there is no service account ${id}`);
  await updateService(tx, { id: id as ServiceAccountId, owner_id: service.owner_id, active: false });
  const { keys, families } = await endKeys(tx, { service: id }, revoking.clock.now());
  const fact: Fact = {
    type: "service.changed",
    ...revoking.by,
    object: { kind: "service", id },
    before: `active: owned by ${service.owner_id}`,
    after: `disabled: owned by ${service.owner_id}`,
    details: { keysRevoked: keys.length, tokensEnded: families.length },
  };
  return ok({ outcome: "revoked", facts: inReview([fact], revoking), committed: nothing });
}

/** Takes away what an item says, within the transaction of the closing. Refusals are those of the change itself. */
export async function carryOut(
  tx: WriteTransaction,
  one: Readonly<{ item: NamedItem; now: Holding }>,
  revoking: Revoking,
): Promise<Result<Done>> {
  if (one.now.kind === "person") return await takeFromPerson(tx, one, revoking);
  return one.now.kind === "key" ? await endKey(tx, one.now.id, revoking) : await endService(tx, one.now.id, revoking);
}
