import type { ReadDatabase } from "#platform/database";
import { ownCampaignOf, ownIdentityOf } from "./accumulate.ts";
import { linkHands, SHARED_BY_MAX } from "./identity-link.ts";
import { dirtyObservations, identitiesOfObservations, sharedTraces, type StoredIdentity } from "./ladder-store.ts";
import type { Link } from "./link.ts";
import { hasHands, type Observation } from "./observation.ts";
import { observationsById } from "./observation-store.ts";
import { plan, type Plan } from "./plan.ts";

/** What one step of the rung of identities does. */
export type IdentityStep = Readonly<{
  plan: Plan;
  /** Addresses that were looked at. */
  done: readonly string[];
  /** Addresses whose identity is to be made. */
  forming: readonly Observation[];
}>;

/** Works out the identities of addresses that changed; undefined when none did. */
export async function stepIdentities(db: ReadDatabase, limit: number): Promise<IdentityStep | undefined> {
  const done = await dirtyObservations(db, limit);
  if (done.length === 0) return undefined;
  const isDone = new Set(done);
  const shared = await sharedTraces(db, done, SHARED_BY_MAX);
  const wanted = new Set([...done, ...shared.map(({ b }) => b)]);
  const observations = new Map((await observationsById(db, [...wanted])).map((one) => [one.id as string, one]));
  const known = new Set(
    (await identitiesOfObservations(db, wanted)).map(({ observationId }) => observationId as string),
  );
  // An address others share a trace with has hands, whether its own turn has come yet or not.
  const forming = [...observations.values()].filter((one) => !known.has(one.id) && hasHands(one));
  const links = linksOf(shared, observations);
  const nodes = done.flatMap((id) => observations.get(id) ?? []).map(ownIdentityOf);
  const seen = { rung: "identity", nodes: new Set<string>(nodes), links, fresh: forming.map(freshOf) } as const;
  return { plan: await plan(db, seen), done: [...isDone], forming };
}

function freshOf(observation: Observation): StoredIdentity {
  const id = ownIdentityOf(observation);
  return {
    id,
    age: observation.firstPosition ?? 0,
    observationId: observation.id,
    mergedInto: null,
    campaignId: ownCampaignOf(id),
    campaignInto: null,
  };
}

type Shared = Awaited<ReturnType<typeof sharedTraces>>;

/** Each pair that shares an exact trace is compared once, as identities. */
function linksOf(shared: Shared, observations: ReadonlyMap<string, Observation>): readonly Link[] {
  const counts = new Map(shared.map(({ kind, value, observations: times }) => [`${kind} ${value}`, times]));
  // What is not among the shared traces is known from more addresses than count.
  const commonness = (kind: string, value: string): number => counts.get(`${kind} ${value}`) ?? SHARED_BY_MAX + 1;
  const pairs = new Map(shared.map(({ a, b }) => (a < b ? [`${a} ${b}`, [a, b]] : [`${b} ${a}`, [b, a]])));
  return [...pairs.values()].flatMap(([a = "", b = ""]) => {
    const [one, other] = [observations.get(a), observations.get(b)];
    if (one === undefined || other === undefined) return [];
    return linkHands(handsOf(one), handsOf(other), commonness) ?? [];
  });
}

function handsOf(observation: Observation) {
  return { id: ownIdentityOf(observation), asn: observation.asn, traces: observation.traces };
}
