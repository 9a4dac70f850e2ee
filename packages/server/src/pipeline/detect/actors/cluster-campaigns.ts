import type { ReadDatabase } from "#platform/database";
import {
  byWhom,
  handoffsOf,
  HANDOFF_MAX_MS,
  linkOperators,
  staysOf,
  toolboxOf,
  type Handoff,
  type Operator,
} from "./campaign-link.ts";
import {
  dirtyIdentities,
  identitiesOfObservations,
  linksAt,
  membersOf,
  presentAt,
  sharingFiles,
  type StoredIdentity,
} from "./ladder-store.ts";
import type { Link } from "./link.ts";
import { oldestOf } from "./look-store.ts";
import type { Observation, PhaseAt } from "./observation.ts";
import { observationsById } from "./observation-store.ts";
import { keepPhase } from "./phase.ts";
import { likenessOf } from "./rhythm-likes.ts";
import { rhythmsNear, type Near } from "./rhythm-store.ts";
import { plan, type Plan } from "./plan.ts";

export type CampaignStep = Readonly<{
  plan: Plan;
  done: readonly string[];
  /** Identities whose campaign held others before. */
  grouped: ReadonlySet<string>;
}>;

/** Of those that share a file or download host, the oldest stand for all: a botnet's thousands need no link each to each. */
const OLDEST_COMPARED = 8;
/** Addresses at a sensor around one stay: beyond, it is a crowd, and nobody can tell who handed over to whom. */
const CROWD_MIN = 33;
/** Addresses an identity is known by, the oldest: an attacker can chain as many as a network has. */
const ADDRESSES_MAX = 1_000;
/** Phases an identity is known by, however many addresses it has. */
const PHASES_MAX = 512;

/** Works out the campaigns of identities that changed; undefined when none did. */
export async function stepCampaigns(db: ReadDatabase, limit: number): Promise<CampaignStep | undefined> {
  const dirty = await dirtyIdentities(db, limit);
  if (dirty.length === 0) return undefined;
  const winners = dirty.filter(({ mergedInto }) => mergedInto === null);
  const operators = await operatorsOf(
    db,
    winners.map(({ id }) => id),
  );
  const scenes = await scenesOf(db, [...operators.values()]);
  const nodes = new Set([...dirty.map(({ id }) => id as string), ...scenes.present]);
  const partners = await partnersOf(db, nodes, operators);
  const all = new Map([
    ...operators,
    ...(await operatorsOf(
      db,
      [...nodes, ...partners].filter((id) => !operators.has(id)),
    )),
  ]);
  const near = await rhythmsNear(db, rhythmsOf(all.values()));
  const links = compare(all, nodes, { scenes, near });
  const planned = await plan(db, { rung: "campaign", nodes, links, fresh: [] });
  return { plan: planned, done: dirty.map(({ id }) => id), grouped: await groupedBefore(db, planned) };
}

/** Of the identities a plan moves, those whose campaign holds others as it is stored. */
export async function groupedBefore(db: ReadDatabase, { changes }: Plan): Promise<ReadonlySet<string>> {
  const ends = new Set(changes.flatMap(({ winner, loser }) => [winner, loser]));
  const members = ends.size === 0 ? [] : await membersOf(db, "campaign", ends);
  return new Set(members.flatMap(({ campaignInto }) => campaignInto ?? []));
}

/** Only pairs that hand over or have something in common are compared, and only if one of them changed. */
function compare(
  all: ReadonlyMap<string, Operator>,
  nodes: ReadonlySet<string>,
  { scenes, near }: Readonly<{ scenes: Scenes; near: Near }>,
): readonly Link[] {
  const pairs = new Map<string, readonly [Operator, Operator]>();
  const pair = (a: string, b: string): void => {
    const [one, other] = [all.get(a), all.get(b)];
    if (one === undefined || other === undefined || a === b || (!nodes.has(a) && !nodes.has(b))) return;
    pairs.set(a < b ? `${a} ${b}` : `${b} ${a}`, a < b ? [one, other] : [other, one]);
  };
  for (const { giver, taker } of scenes.handoffs) pair(giver, taker);
  const owners = Map.groupBy(
    [...all.values()].flatMap((one) => [...toolboxOf(one)].map((value) => ({ value, id: one.id }))),
    ({ value }) => value,
  );
  for (const of of owners.values())
    for (const { id } of of.filter((one) => nodes.has(one.id))) for (const other of of) pair(id, other.id);
  const typing = [...all.values()].filter(({ rhythms }) => rhythms.size > 0);
  for (const one of typing.filter(({ id }) => nodes.has(id)))
    for (const other of typing) if (likenessOf(one, other, near) > 0) pair(one.id, other.id);
  const known = { handoffs: byWhom(scenes.handoffs), near };
  return [...pairs.values()].flatMap(([one, other]) => linkOperators(one, other, known) ?? []);
}

/** Identities that nodes are linked with, or might be as they have files or download hosts in common. */
async function partnersOf(
  db: ReadDatabase,
  nodes: ReadonlySet<string>,
  operators: ReadonlyMap<string, Operator>,
): Promise<readonly string[]> {
  const linked = (await linksAt(db, "campaign", nodes)).flatMap(({ a, b }) => [a, b]);
  const members = await oldestOf(db, [...new Set([...nodes, ...operators.keys()])], ADDRESSES_MAX);
  const addresses = [...members.values()].flat();
  const files = await sharingFiles(db, addresses, OLDEST_COMPARED);
  const near = await rhythmsNear(db, rhythmsOf(operators.values()));
  const typing = [...near.values()].flatMap((of) => [...of]);
  const winners = winnersOf(await identitiesOfObservations(db, new Set([...files, ...typing])));
  return [...winners, ...linked];
}

function rhythmsOf(operators: Iterable<Operator>): readonly string[] {
  return [...new Set([...operators].flatMap(({ rhythms }) => [...rhythms]))];
}

function winnersOf(identities: readonly StoredIdentity[]): readonly string[] {
  return [...new Set(identities.map(({ id, mergedInto }) => mergedInto ?? id))];
}

type Scenes = Readonly<{ handoffs: readonly Handoff[]; present: readonly string[] }>;

/** Who was at the sensors of these around the time of what they left behind or took up, and who may have handed over. */
async function scenesOf(db: ReadDatabase, operators: readonly Operator[]): Promise<Scenes> {
  const handoffs = new Map<string, Handoff>();
  const present = new Set<string>();
  for (const place of placesOf(operators)) {
    const there = await presentAt(db, place, CROWD_MIN);
    if (there.length >= CROWD_MIN) continue;
    const winners = winnersOf(await identitiesOfObservations(db, there));
    for (const id of winners) present.add(id);
    const stays = [...(await operatorsOf(db, winners)).values()].flatMap(staysOf);
    for (const one of handoffsOf(stays.filter(({ sensorId }) => sensorId === place.sensorId)))
      handoffs.set(`${one.giver} ${one.taker} ${one.sensorId}`, one);
  }
  return { handoffs: [...handoffs.values()], present: [...present] };
}

/** Sensors with the time around the stays there, twice the longest pause: whoever shares a giver or a taker is in it. */
function placesOf(operators: readonly Operator[]): readonly Readonly<{ sensorId: string; from: Date; to: Date }>[] {
  const stays = Map.groupBy(operators.flatMap(staysOf), ({ sensorId }) => sensorId);
  return [...stays].map(([sensorId, there]) => {
    const times = there.flatMap(({ leftMs, begunMs }) => [leftMs, begunMs]).filter((ms) => ms !== null);
    const [from, to] = [Math.min(...times) - 2 * HANDOFF_MAX_MS, Math.max(...times) + 2 * HANDOFF_MAX_MS];
    return { sensorId, from: new Date(from), to: new Date(to) };
  });
}

/** Identities that are not merged, with their addresses. */
async function operatorsOf(db: ReadDatabase, winners: readonly string[]): Promise<ReadonlyMap<string, Operator>> {
  if (winners.length === 0) return new Map();
  const members = await oldestOf(db, winners, ADDRESSES_MAX);
  const observations = new Map(
    (await observationsById(db, [...members.values()].flat())).map((one) => [one.id as string, one]),
  );
  return new Map(
    [...members].map(([id, of]) => [
      id,
      operatorOf(
        id,
        of.flatMap((one) => observations.get(one) ?? []),
      ),
    ]),
  );
}

function operatorOf(id: string, observations: readonly Observation[]): Operator {
  const all = <T>(of: (one: Observation) => readonly T[]): ReadonlySet<T> => new Set(observations.flatMap(of));
  const phases: PhaseAt[] = [];
  for (const at of observations.flatMap((one) => one.phases)) keepPhase(phases, at, PHASES_MAX);
  return {
    id,
    payloads: all(({ traces }) => traces.payload),
    c2: all(({ traces }) => traces.c2),
    firstMs: observations.reduce((first, { firstSeenMs }) => Math.min(first, firstSeenMs), Infinity),
    lastMs: observations.reduce((last, { lastSeenMs }) => Math.max(last, lastSeenMs), -Infinity),
    phases,
    asns: all(({ asn }) => (asn === null ? [] : [asn])),
    tools: all(({ traces }) => [...traces.clientVersions, ...traces.ja3, ...traces.ja4, ...traces.hassh]),
    sensors: all(({ traces }) => Object.keys(traces.sensors)),
    rhythms: all(({ profile }) => profile.rhythms.flatMap(({ hash }) => hash ?? [])),
  };
}
