import { uuidV5 } from "#platform/ids";
import type { SeenOfAnchor } from "../../ttp-store.ts";
import { releaseOf, techniqueOf, type AttackCatalogue } from "../attack-release.ts";

export type MispRequest = Readonly<{
  attack: AttackCatalogue;
  /** Whose, in words. */
  about: string;
  seen: readonly SeenOfAnchor[];
  /** What was left out as there was too much of it. */
  left: number;
  now: Date;
}>;
type Tag = Readonly<{ name: string; colour: string }>;
/** An event of the MISP core format, as MISP imports it. */
export type MispEvent = Readonly<{ Event: Readonly<Record<string, unknown>> }>;

const COLOUR = "#1b6ca8";
/** Undefined threat, ongoing analysis: people decide about both. */
const THREAT_UNDEFINED = "4";
const ANALYSIS_ONGOING = "1";
/** Only the organisation that imports it: whoever shares it further decides to. */
const YOUR_ORGANISATION = "0";

/**
 * A MISP event: an attribute per source address with when it was seen and the techniques it was tagged with, as tags of
 * MISP's ATT&CK galaxies. Nothing else an attacker chose is in it.
 */
export function mispEvent({ attack, about, seen, left, now }: MispRequest): MispEvent {
  const byAddress = Map.groupBy(
    seen.filter(({ anchor }) => !anchor.startsWith("idn_")),
    ({ anchor }) => anchor,
  );
  const newest = seen.reduce((last, { lastAt }) => (lastAt > last ? lastAt : last), seen[0]?.lastAt ?? now);
  const more = left === 0 ? "" : `; ${left} more pairs of technique and address are left out`;
  return {
    Event: {
      uuid: uuidV5(["misp", about]),
      info: `Tyr: ATT&CK techniques of ${about}${more}`,
      date: newest.toISOString().slice(0, 10),
      timestamp: seconds(newest),
      threat_level_id: THREAT_UNDEFINED,
      analysis: ANALYSIS_ONGOING,
      distribution: YOUR_ORGANISATION,
      published: false,
      Attribute: [...byAddress].map(([address, own]) => attributeOf(address, own, techniqueTags(attack, own))),
      Tag: techniqueTags(attack, seen),
    },
  };
}

function attributeOf(address: string, own: readonly SeenOfAnchor[], tags: readonly Tag[]) {
  const times = own.flatMap(({ firstAt, lastAt }) => [firstAt.getTime(), lastAt.getTime()]);
  const [first, last] = [new Date(Math.min(...times)), new Date(Math.max(...times))];
  const count = own.reduce((sum, one) => sum + one.count, 0);
  return {
    uuid: uuidV5(["misp", "ip-src", address]),
    type: "ip-src",
    category: "Network activity",
    value: address,
    to_ids: true,
    distribution: YOUR_ORGANISATION,
    timestamp: seconds(last),
    first_seen: first.toISOString(),
    last_seen: last.toISOString(),
    comment: `tagged ${count} times with ATT&CK techniques`,
    Tag: tags,
  };
}

/** Names of MISP's galaxy clusters: name of the technique, a dash, its id. */
function techniqueTags(attack: AttackCatalogue, seen: readonly SeenOfAnchor[]): readonly Tag[] {
  const names = seen.flatMap(({ domain, technique }) => {
    const release = releaseOf(attack, domain);
    const known = release && techniqueOf(release, technique);
    const galaxy = domain === "ics-attack" ? "mitre-ics-techniques" : "mitre-attack-pattern";
    return known === undefined ? [] : [`misp-galaxy:${galaxy}="${quoted(known[0])} - ${technique}"`];
  });
  return [...new Set(names)].toSorted().map((name) => ({ name, colour: COLOUR }));
}

/** The value of a machine tag ends at the next quote, and a loaded release may name its techniques as it likes. */
function quoted(name: string): string {
  return name.replaceAll(/["\\]/g, "'");
}

function seconds(at: Date): string {
  return String(Math.floor(at.getTime() / 1000));
}
