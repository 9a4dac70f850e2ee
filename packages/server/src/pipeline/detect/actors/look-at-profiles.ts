import type { IdentityId } from "@tyr/contract";
import type { TopicBus } from "#platform/bus";
import type { Database } from "#platform/database";
import { confidenceOfSeveral } from "./profile-state.ts";
import { isSeveralNow, profileOf, severalIn, type ProfileRow } from "./profile.ts";
import {
  profilesOf,
  profilesToLookAt,
  saveProfiles,
  staleProfiles,
  storedProfiles,
  type StoredProfile,
} from "./profile-store.ts";

type LookDeps = Readonly<{ database: Database; topics: TopicBus }>;

/** Identities whose sessions are in memory at a time. */
const IDENTITIES_AT_ONCE = 100;

/**
 * Works out how stable identities stay, as of the events up to the place of the look, and tells what changed. The rows are
 * a function of what is stored: a look that was cut off is taken again and comes to the same ones.
 */
export async function lookAtProfiles({ database, topics }: LookDeps): Promise<void> {
  const { enough: touched, little } = await profilesToLookAt(database.read);
  const stale = await staleProfiles(database.read, little);
  if (stale.length > 0) await database.bookkeep("cursor", async (tx) => await saveProfiles(tx, stale, []));
  for (let from = 0; from < touched.length; from += IDENTITIES_AT_ONCE) {
    const looked = touched.slice(from, from + IDENTITIES_AT_ONCE);
    const before = Map.groupBy(await storedProfiles(database.read, looked), ({ identityId }) => identityId);
    const changes = [...(await profilesOf(database.read, looked))].map(([id, addresses]) =>
      changeOf(id, before.get(id) ?? [], profileOf(addresses)),
    );
    const changed = changes.filter(({ isChanged }) => isChanged);
    if (changed.length === 0) continue;
    await database.bookkeep("cursor", async (tx) => {
      const ids = changed.map(({ id }) => id);
      await saveProfiles(
        tx,
        ids,
        changed.flatMap(({ rows }) => rows),
      );
    });
    for (const one of changed) tell(topics, one);
  }
}

type Change = Readonly<{
  id: IdentityId;
  before: readonly StoredProfile[];
  rows: readonly StoredProfile[];
  isChanged: boolean;
}>;

/** A state holds since the session with which it came about. */
function changeOf(id: IdentityId, before: readonly StoredProfile[], now: readonly ProfileRow[]): Change {
  const known = new Map(before.map((row) => [row.primitive, row]));
  const rows = now.map((row) => {
    const was = known.get(row.primitive);
    const sinceMs = was !== undefined && was.state === row.state ? was.sinceMs : row.newestMs;
    return { identityId: id, ...row, sinceMs };
  });
  const isChanged = rows.length !== before.length || rows.some((row) => !isSame(row, known.get(row.primitive)));
  return { id, before, rows, isChanged };
}

function isSame(row: StoredProfile, was: StoredProfile | undefined): boolean {
  return (
    was !== undefined &&
    was.state === row.state &&
    was.observations === row.observations &&
    was.confidence === row.confidence &&
    was.value === row.value &&
    was.newestMs === row.newestMs
  );
}

/** That something is not known yet is no news. */
function tell(topics: TopicBus, { id, before, rows }: Change): void {
  const states = new Map(before.map(({ primitive, state }) => [primitive, state]));
  for (const { primitive, state, confidence, sinceMs } of rows) {
    const from = states.get(primitive) ?? "unknown";
    if (from === state) continue;
    const since = new Date(sinceMs).toISOString();
    const payload = { identity_id: id, primitive, from, to: state, confidence: confidence / 100, since };
    topics.publish("attribution.profile.state_changed", { payload });
  }
  const primitives = severalIn(rows);
  if (!isSeveralNow(severalIn(before), primitives)) return;
  const confidence = confidenceOfSeveral(primitives.length) / 100;
  topics.publish("attribution.profile.multi_actor_suspected", { payload: { identity_id: id, primitives, confidence } });
}
