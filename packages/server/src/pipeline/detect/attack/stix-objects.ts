/** What the loader reads of a STIX object of MITRE's; everything else is left alone. */
export type StixObject = Readonly<Record<string, unknown>>;

/** The bundle is not what it should be: a message that says what and where, for whoever loads it. */
export class BundleFault extends Error {
  override readonly name = "BundleFault";
}

export function isMapping(value: unknown): value is StixObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

const NAME_CHARS_MAX = 200;
const SHOWN_CHARS_MAX = 80;

/** What a bundle says, fit to stand in a message: it may be anybody's. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : typeof value;
  return JSON.stringify(text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, SHOWN_CHARS_MAX));
}

/** A name as people read it: one line, not empty, of bounded length. */
export function nameOf(object: StixObject): string {
  const name = object["name"];
  const isFit = typeof name === "string" && name.trim() !== "" && name.length <= NAME_CHARS_MAX && !/\p{C}/u.test(name);
  if (!isFit) throw new BundleFault(`${shown(object["id"])} has no usable name`);
  return name;
}

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const STIX_ID = new RegExp(`^[a-z0-9-]{3,50}--${UUID}$`);

export function stixIdOf(object: StixObject): string {
  const id = object["id"];
  if (typeof id !== "string" || !STIX_ID.test(id)) throw new BundleFault(`${shown(id)} is no STIX id`);
  return id;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** When an object was made and last changed, as STIX writes instants (2.1, 3.2). Exports repeat them, so they have to be some. */
export function madeOf(object: StixObject): readonly [created: string, modified: string] {
  const [created, modified] = [instantOf(object, "created"), instantOf(object, "modified")];
  if (sortable(modified) < sortable(created))
    throw new BundleFault(`${shown(object["id"])} was changed before it was made`);
  return [created, modified];
}

function instantOf(object: StixObject, field: "created" | "modified"): string {
  const at = object[field];
  if (typeof at !== "string" || !INSTANT.test(at) || !isInCalendar(at))
    throw new BundleFault(`${shown(object["id"])} has no instant "${field}"`);
  return at;
}

const SECONDS_CHARS = "2026-01-01T00:00:00".length;

/** February has no day 30: the engine would take it for one in March. */
function isInCalendar(at: string): boolean {
  const seconds = at.slice(0, SECONDS_CHARS);
  const read = new Date(`${seconds}Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(seconds);
}

/** Fractions have up to nine digits or none; of equal length they sort as they follow each other. */
function sortable(at: string): string {
  return at.slice(0, SECONDS_CHARS) + at.slice(SECONDS_CHARS + 1, -1).padEnd(9, "0");
}

/** MITRE's own id of an object (`T1110`, `TA0006`, `G0016`), undefined when it has none of this form. */
export function mitreIdOf(object: StixObject, form: RegExp): string | undefined {
  for (const reference of listOf(object["external_references"])) {
    if (!isMapping(reference)) continue;
    const { source_name: source, external_id: id } = reference;
    if (typeof source === "string" && source.startsWith("mitre-") && typeof id === "string" && form.test(id)) return id;
  }
  return undefined;
}

export function isGone(object: StixObject): boolean {
  return object["revoked"] === true || object["x_mitre_deprecated"] === true;
}

/** Objects of a bundle by type. */
export type Grouped = ReadonlyMap<string, readonly StixObject[]>;

const OBJECTS_MAX = 200_000;
/** What is kept and answered as a whole. Enterprise 18.1 has 835 techniques with those that are gone, 172 groups, 14 tactics. */
const MOST_OF: ReadonlyMap<string, number> = new Map([
  ["attack-pattern", 5_000],
  ["intrusion-set", 5_000],
  ["x-mitre-tactic", 100],
]);

export function groupObjects(bundle: unknown): Grouped {
  if (!isMapping(bundle) || bundle["type"] !== "bundle" || !Array.isArray(bundle["objects"])) {
    throw new BundleFault("this is no STIX bundle: an object with type bundle and a list of objects was expected");
  }
  const objects = bundle["objects"] as readonly unknown[];
  if (objects.length > OBJECTS_MAX)
    throw new BundleFault(`the bundle has ${objects.length} objects, the limit is ${OBJECTS_MAX}`);
  const grouped = Map.groupBy(objects.filter(isMapping), ({ type }) => (typeof type === "string" ? type : ""));
  for (const [type, most] of MOST_OF) {
    const count = grouped.get(type)?.length ?? 0;
    if (count > most) throw new BundleFault(`the bundle has ${count} objects of type ${type}, the limit is ${most}`);
  }
  return grouped;
}
