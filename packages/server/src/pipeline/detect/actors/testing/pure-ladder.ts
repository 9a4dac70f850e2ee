import { createHmac } from "node:crypto";
import type { StreamEvent } from "#collect";
import { handOver, ownIdentityOf, takeEvents, traceKeys } from "../accumulate.ts";
import { linkHands } from "../identity-link.ts";
import type { Observation } from "../observation.ts";
import { partition } from "../partition.ts";
import { tellOf, type KeyedHash } from "../read-trace.ts";

/** For tests: the key is known here. */
export const testHash: KeyedHash = (purpose, text) =>
  createHmac("sha256", "test").update(`${purpose}\n${text}`).digest("hex");

/** Groups of addresses, each and all of them sorted: what two partitions are compared by. */
export type Groups = readonly (readonly string[])[];

export function groupsOf(pairs: Iterable<readonly [address: string, winner: string]>): Groups {
  const groups = Map.groupBy(pairs, ([, winner]) => winner);
  return [...groups.values()]
    .map((group) => group.map(([address]) => address).toSorted())
    .toSorted((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1));
}

function observationsOf(events: readonly StreamEvent[]): readonly Observation[] {
  const hand = handOver([]);
  takeEvents(
    hand,
    events.flatMap((event) => tellOf(event, testHash) ?? []),
  );
  return [...hand.observations.values()];
}

/** The identities of a log by comparing each address with each: slow, without a database, blocks or batches. */
export function identitiesByBruteForce(events: readonly StreamEvent[]): Groups {
  const observations = observationsOf(events);
  const counts = new Map<string, number>();
  for (const key of observations.flatMap(traceKeys)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const hands = observations.map((one) => ({ id: ownIdentityOf(one), asn: one.asn, traces: one.traces }));
  const links = hands.flatMap((a, index) =>
    hands.slice(index + 1).flatMap((b) => linkHands(a, b, (kind, value) => counts.get(`${kind} ${value}`) ?? 0) ?? []),
  );
  const nodes = observations.map((one) => ({ id: ownIdentityOf(one) as string, age: one.firstPosition ?? 0 }));
  const winners = partition(nodes, links, []);
  return groupsOf(observations.map((one) => [one.address, winners.get(ownIdentityOf(one)) ?? ""] as const));
}
