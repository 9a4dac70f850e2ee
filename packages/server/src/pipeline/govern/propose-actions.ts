import { ok, type ActionCreate } from "@tyr/contract";
import { cursorOf, moveCursor } from "#platform/bus";
import { allowedPrefixes } from "./allow-list.ts";
import { isPublic } from "./address-class.ts";
import { isSingle, overlaps, parsePrefix, type Prefix } from "./address.ts";
import { draft, type Draft } from "./draft-action.ts";
import { modeInForce } from "./mode-in-force.ts";
import { announce } from "./move-action.ts";
import type { IncidentChange } from "./ports.ts";
import { decide } from "./policy/decide.ts";
import { settle, type By, type Room } from "./room.ts";
import { proposeRiskIn, readSettings } from "./settings/settings.ts";
import { isTargetTaken, type ActionRow } from "./store.ts";
import { mayBeSubmitted, storeRequest } from "./submit-action.ts";

/** The "automation" principal: it may ask, never approve. */
const AUTOMATION: By = {
  actor: { kind: "automation", id: "automation", name: "automation" },
  roles: [],
  requestId: null,
};
export const CONSUMER = "govern";
/** Somebody said no or took it back: automation does not ask again for a day. */
const GRACE_MS = 24 * 3_600_000;
const TTL_SECONDS = 86_400;
const BATCH = 100;

/** The address automation would propose to block for this change, if any. */
function candidate({ actorIp, risk, state }: IncidentChange, riskMin: number): Prefix | undefined {
  if (actorIp === null || risk < riskMin || state === "resolved" || state === "closed") return undefined;
  const parsed = parsePrefix(actorIp);
  return parsed.ok && isSingle(parsed.value) && isPublic(parsed.value) ? parsed.value : undefined;
}

/** What is set for the mode in force. Policy has the last word; this spares asking it about everything. */
async function riskNow(room: Room): Promise<number> {
  const settings = await readSettings(room.db.read);
  const { mode } = await modeInForce(room.db.read, { now: room.clock.now(), base: settings.defaultMode });
  return proposeRiskIn(settings, mode);
}

async function wanted(room: Room, change: IncidentChange): Promise<ActionCreate | undefined> {
  const target = candidate(change, await riskNow(room));
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

/**
 * Whether policy would have it asked for but for how much was asked for in this hour. Then it waits in the stream, with all
 * behind it: a flood of attackers becomes a queue, not a flood of requests nobody reads, and nothing of it is lost.
 */
async function isHeldByRate(room: Room, { input }: Draft["weighed"]): Promise<boolean> {
  const alone = { ...input, context: { ...input.context, automaticLastHour: 0, automaticPerHourMax: 1 } };
  return mayBeSubmitted({ decision: decide(await room.policies.inForce(room.db.read), alone, room.clock.now()) });
}

/** What a change of an incident comes to: asked for, nothing to ask for, or it waits for its turn. */
type Turn = Readonly<{ drafted: Draft }> | "nothing" | "held";

async function turnOf(room: Room, change: IncidentChange): Promise<Turn> {
  const request = await wanted(room, change);
  if (request === undefined) return "nothing";
  const drafted = await draft(room, request, AUTOMATION);
  if (!drafted.ok) return "nothing";
  const { weighed } = drafted.value;
  if (mayBeSubmitted(weighed)) return { drafted: drafted.value };
  return (await isHeldByRate(room, weighed)) ? "held" : "nothing";
}

/**
 * Reads what changed about incidents and proposes to block public addresses of high risk.
 *
 * @returns true when there is more to read at once
 */
export async function proposeActions(room: Room): Promise<boolean> {
  const from = await cursorOf(room.db.read, CONSUMER);
  const changes = await room.ports.readIncidentChangesAfter(room.db.read, from, BATCH);
  let done = from;
  let stored = from;
  let held = false;
  for (const change of changes) {
    const turn = await turnOf(room, change);
    held = turn === "held";
    if (held) break;
    done = change.position;
    if (turn === "nothing" || turn === "held") continue;
    await storeProposal(room, turn.drafted, { from: stored, position: change.position });
    stored = change.position;
  }
  if (done > stored)
    await room.db.bookkeep(
      "cursor",
      async (tx) => await moveCursor(tx, { consumer: CONSUMER, from: stored, position: done, now: room.clock.now() }),
    );
  return !held && changes.length === BATCH;
}
