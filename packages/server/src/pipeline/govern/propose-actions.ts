import { ok, type ActionCreate } from "@tyr/contract";
import { cursorOf, moveCursor } from "#platform/bus";
import { allowedPrefixes } from "./allow-list.ts";
import { isPublic } from "./address-class.ts";
import { isSingle, overlaps, parsePrefix, type Prefix } from "./address.ts";
import { draft, type Draft } from "./draft-action.ts";
import { announce } from "./move-action.ts";
import type { IncidentChange } from "./ports.ts";
import { settle, type By, type Room } from "./room.ts";
import { countProposals, isTargetTaken, type ActionRow } from "./store.ts";
import { mayBeSubmitted, storeRequest } from "./submit-action.ts";

/** The "automation" principal: it may ask, never approve. */
const AUTOMATION: By = {
  actor: { kind: "automation", id: "automation", name: "automation" },
  roles: [],
  requestId: null,
};
export const CONSUMER = "govern";
/** High risk: action required. */
const RISK_MIN = 70;
/** A flood of attackers becomes a queue, not a flood of requests nobody reads; what waits is proposed later, not lost. */
export const PROPOSALS_PER_HOUR_MAX = 240;
/** Somebody said no or took it back: automation does not ask again for a day. */
const GRACE_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;
const TTL_SECONDS = 86_400;
const BATCH = 100;

/** The address automation would propose to block for this change, if any. */
function candidate({ actorIp, risk, state }: IncidentChange): Prefix | undefined {
  if (actorIp === null || risk < RISK_MIN || state === "resolved" || state === "closed") return undefined;
  const parsed = parsePrefix(actorIp);
  return parsed.ok && isSingle(parsed.value) && isPublic(parsed.value) ? parsed.value : undefined;
}

async function wanted(room: Room, change: IncidentChange): Promise<ActionCreate | undefined> {
  const target = candidate(change);
  if (target === undefined) return undefined;
  const since = new Date(room.clock.now().getTime() - GRACE_MS);
  // What policy would never allow is not asked for, once per change, for ever.
  const untouchable = [...room.own, ...(await allowedPrefixes(room.db.read, room.clock.now()))];
  if (untouchable.some((one) => overlaps(one, target))) return undefined;
  if (await isTargetTaken(room.db.read, target, since)) return undefined;
  return {
    type: "block_ip",
    target: target.text,
    justification: `Risk ${change.risk} (${change.severity}) from ${target.text}: the incident's evidence asks for a block.`,
    incidentId: change.incidentId,
    ttlSeconds: TTL_SECONDS,
  };
}

/** The proposal and the cursor move together: killed anywhere, each change is proposed once. */
async function storeProposal(
  room: Room,
  drafted: Draft,
  place: Readonly<{ from: number; position: number }>,
): Promise<void> {
  const stored = await settle<ActionRow | undefined>(room.db, async (tx) => {
    await moveCursor(tx, { consumer: CONSUMER, ...place, now: room.clock.now() });
    const { row, facts = [] } = (await storeRequest(room, tx, { drafted, submit: true })) ?? {};
    return { answer: ok(row), facts };
  });
  if (stored.ok && stored.value !== undefined) announce(room.bus, stored.value);
}

async function budgetLeft(room: Room): Promise<number> {
  const since = new Date(room.clock.now().getTime() - HOUR_MS);
  return room.proposalsPerHourMax - (await countProposals(room.db.read, since));
}

/**
 * Reads what changed about incidents and proposes to block public addresses of high risk.
 *
 * @returns true when there is more to read at once
 */
export async function proposeActions(room: Room): Promise<boolean> {
  const from = await cursorOf(room.db.read, CONSUMER);
  const changes = await room.ports.readIncidentChangesAfter(room.db.read, from, BATCH);
  let budget = changes.length === 0 ? 0 : await budgetLeft(room);
  let done = from;
  let stored = from;
  let held = false;
  for (const change of changes) {
    const request = await wanted(room, change);
    held = request !== undefined && budget <= 0;
    if (held) break;
    const drafted = request === undefined ? undefined : await draft(room, request, AUTOMATION);
    done = change.position;
    if (drafted?.ok !== true || !mayBeSubmitted(drafted.value.weighed)) continue;
    await storeProposal(room, drafted.value, { from: stored, position: change.position });
    stored = change.position;
    budget -= 1;
  }
  if (done > stored)
    await room.db.bookkeep(
      "cursor",
      async (tx) => await moveCursor(tx, { consumer: CONSUMER, from: stored, position: done, now: room.clock.now() }),
    );
  return !held && changes.length === BATCH;
}
