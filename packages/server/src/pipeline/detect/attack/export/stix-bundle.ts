import { isIPv6 } from "node:net";
import { TYR_NAMESPACE, uuidV5 } from "#platform/ids";
import type { SeenOfAnchor } from "../../ttp-store.ts";
import { releaseOf, techniqueOf, techniqueUrl, type AttackCatalogue, type AttackRelease } from "../attack-release.ts";

export type StixRequest = Readonly<{
  attack: AttackCatalogue;
  seen: readonly SeenOfAnchor[];
  /** What was left out as there was too much of it. */
  left: number;
  /** Identity → addresses and identities whose tags are its own; empty where single attackers are asked for. */
  identities: ReadonlyMap<string, readonly string[]>;
}>;
export type StixObject = Readonly<Record<string, unknown> & { type: string; id: string }>;
export type StixBundle = Readonly<{ type: "bundle"; id: string; objects: readonly StixObject[] }>;

/** A bundle of the same tags is the same bundle: no clock of ours is in it. */
const PRODUCER_SINCE = "2026-01-01T00:00:00.000Z";
const PRODUCER: StixObject = {
  type: "identity",
  spec_version: "2.1",
  id: `identity--${TYR_NAMESPACE}`,
  created: PRODUCER_SINCE,
  modified: PRODUCER_SINCE,
  name: "Tyr",
  identity_class: "system",
};
/** Namespace of observables (STIX 2.1, 2.9): over their value, so that others derive the same id. */
const SCO_NAMESPACE = "00abedb4-aa42-466c-9c01-fed23315a9b7";
/** Largest `count` and `number_observed` (STIX 2.1, 4.14 and 5.2). */
const COUNT_MAX = 999_999_999;

/**
 * A STIX 2.1 bundle: addresses and what was observed of them, MITRE's attack-patterns under MITRE's own ids, an
 * intrusion-set per identity with what it uses, and a sighting per technique and observation. Ids are derived.
 */
export function stixBundle(request: StixRequest): StixBundle {
  const building = new Building(request);
  for (const one of request.seen) building.take(one);
  const objects = building.objects();
  const parts = objects.map(({ id, modified }) => `${id} ${String(modified)}`);
  return { type: "bundle", id: derived("bundle", parts), objects };
}

function derived(type: string, parts: readonly string[]): string {
  return `${type}--${uuidV5(["stix", type, ...parts])}`;
}

function addressOf(value: string): StixObject {
  const type = isIPv6(value) ? "ipv6-addr" : "ipv4-addr";
  return { type, spec_version: "2.1", id: `${type}--${uuidV5([JSON.stringify({ value })], SCO_NAMESPACE)}`, value };
}

type Span = Readonly<{ firstAt: Date; lastAt: Date; count: number }>;

class Spans {
  readonly all = new Map<string, Span>();

  add(key: string, { firstAt, lastAt, count }: Span): void {
    const known = this.all.get(key);
    this.all.set(key, {
      firstAt: known !== undefined && known.firstAt < firstAt ? known.firstAt : firstAt,
      lastAt: known !== undefined && known.lastAt > lastAt ? known.lastAt : lastAt,
      count: (known?.count ?? 0) + count,
    });
  }
}

function isIdentity(anchor: string): boolean {
  return anchor.startsWith("idn_");
}

class Building {
  readonly #request: StixRequest;
  readonly #objects = new Map<string, StixObject>([[PRODUCER.id, PRODUCER]]);
  readonly #ownerOf: ReadonlyMap<string, string>;
  readonly #addresses = new Spans();
  readonly #owners = new Spans();
  /** Keys: pattern and anchor; pattern and owner. */
  readonly #sightings = new Spans();
  readonly #uses = new Spans();

  constructor(request: StixRequest) {
    this.#request = request;
    const pairs = [...request.identities].flatMap(([owner, anchors]) =>
      anchors.map((anchor) => [anchor, owner] as const),
    );
    this.#ownerOf = new Map(pairs);
  }

  /** What the release in force does not have is observed all the same; it has no attack-pattern to be a sighting of. */
  take(seen: SeenOfAnchor): void {
    const { anchor, technique, domain } = seen;
    if (!isIdentity(anchor)) this.#addresses.add(anchor, seen);
    const pattern = this.#pattern(technique, domain);
    if (pattern === undefined) return;
    this.#sightings.add(`${pattern} ${anchor}`, seen);
    const owner = this.#ownerOf.get(anchor);
    if (owner === undefined) return;
    this.#owners.add(owner, seen);
    this.#uses.add(`${pattern} ${owner}`, seen);
  }

  objects(): readonly StixObject[] {
    for (const [address, span] of this.#addresses.all) this.#addObserved(address, span);
    for (const [owner, span] of this.#owners.all) this.#addOwner(owner, span);
    for (const [key, span] of this.#sightings.all) this.#addSighting(key, span);
    for (const [key, span] of this.#uses.all) this.#addUse(key, span);
    if (this.#request.left > 0) this.#addRemark(this.#request.left);
    return [...this.#objects.values()];
  }

  #add(object: StixObject): string {
    if (!this.#objects.has(object.id)) this.#objects.set(object.id, object);
    return object.id;
  }

  #addObserved(address: string, span: Span): void {
    const ref = this.#add(addressOf(address));
    this.#add({
      type: "observed-data",
      ...madeIn(span),
      id: observedId(address),
      first_observed: iso(span.firstAt),
      last_observed: iso(span.lastAt),
      number_observed: Math.min(span.count, COUNT_MAX),
      object_refs: [ref],
    });
  }

  #addOwner(owner: string, span: Span): void {
    this.#add({
      type: "intrusion-set",
      ...madeIn(span),
      id: ownerId(owner),
      name: `Tyr ${owner}`,
      description: "Addresses that share fingerprints, credentials or payloads. Not an attribution to a named actor.",
      first_seen: iso(span.firstAt),
      last_seen: iso(span.lastAt),
    });
  }

  #addSighting(key: string, span: Span): void {
    const [pattern = "", anchor = ""] = key.split(" ");
    this.#add({
      type: "sighting",
      ...madeIn(span),
      id: derived("sighting", [pattern, anchor]),
      first_seen: iso(span.firstAt),
      last_seen: iso(span.lastAt),
      count: Math.min(span.count, COUNT_MAX),
      sighting_of_ref: pattern,
      ...(isIdentity(anchor) ? {} : { observed_data_refs: [observedId(anchor)] }),
      where_sighted_refs: [PRODUCER.id],
    });
  }

  #addUse(key: string, span: Span): void {
    const [pattern = "", owner = ""] = key.split(" ");
    this.#add({
      type: "relationship",
      ...madeIn(span),
      id: derived("relationship", ["uses", owner, pattern]),
      relationship_type: "uses",
      source_ref: ownerId(owner),
      target_ref: pattern,
    });
  }

  #addRemark(left: number): void {
    this.#add({
      type: "note",
      spec_version: "2.1",
      id: derived("note", ["left", String(left)]),
      created_by_ref: PRODUCER.id,
      created: PRODUCER_SINCE,
      modified: PRODUCER_SINCE,
      content: `${left} more pairs of technique and address are left out; ask for a shorter time or a higher limit.`,
      object_refs: [PRODUCER.id],
    });
  }

  #pattern(technique: string, domain: string): string | undefined {
    const release = releaseOf(this.#request.attack, domain);
    const known = release && techniqueOf(release, technique);
    if (release === undefined || known === undefined) return undefined;
    const [name, tactics, id, created, modified] = known;
    const chain = chainOf(release);
    return this.#add({
      type: "attack-pattern",
      spec_version: "2.1",
      id,
      created,
      modified,
      name,
      kill_chain_phases: tactics.map((phase) => ({ kill_chain_name: chain, phase_name: phase })),
      external_references: [{ source_name: "mitre-attack", external_id: technique, url: techniqueUrl(technique) }],
      object_marking_refs: [this.#marking(release)],
    });
  }

  /** MITRE's copyright goes with what is MITRE's. */
  #marking({ notice }: AttackRelease): string {
    return this.#add({
      type: "marking-definition",
      spec_version: "2.1",
      id: derived("marking-definition", [notice]),
      created: PRODUCER_SINCE,
      definition_type: "statement",
      definition: { statement: notice },
    });
  }
}

/** What MITRE calls the kill chain of a domain. */
function chainOf({ domain }: AttackRelease): string {
  return domain === "enterprise-attack" ? "mitre-attack" : `mitre-${domain}`;
}

function observedId(address: string): string {
  return derived("observed-data", [address]);
}

function ownerId(identity: string): string {
  return derived("intrusion-set", [identity]);
}

function madeIn({ firstAt, lastAt }: Span) {
  return { spec_version: "2.1", created_by_ref: PRODUCER.id, created: iso(firstAt), modified: iso(lastAt) };
}

function iso(at: Date): string {
  return at.toISOString();
}
