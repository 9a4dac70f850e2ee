import { fieldsOf, instantOf, textOf, textsOf, type Entry } from "./entries.ts";
import type { Found } from "./findings.ts";
import type { People } from "./people.ts";

type Lent = Readonly<{ from: string; to: string; endsAt: number; roles: readonly string[]; isSigned: boolean }>;
/** In whose place an approval was given, as it was signed. */
export type InPlace = Readonly<{ delegation: string; of: string }>;
/** By whom, and when it has to hold. */
type Use = Readonly<{ signer: string; instant: number }>;

/** What people handed over in the log, and what of it had ended by the entry that is read. */
export type Delegations = Readonly<{
  /** @param isSigned whether whoever hands it over put their name under exactly this */
  add(entry: Entry, isSigned: boolean): void;
  /** Which entries end some: their own, and those by which an account of the two ends. */
  read(entry: Entry): void;
  /** Why nobody decided by this in somebody's place then; undefined when they did. */
  faultOf(place: InPlace, use: Use): Omit<Found, "at"> | undefined;
  /** Which roles were handed over. */
  rolesOf(place: InPlace): readonly string[];
}>;

const lentBy = ({ details }: Entry, isSigned: boolean): Lent => ({
  from: textOf(details["from"]),
  to: textOf(details["to"]),
  endsAt: instantOf(details["ends_at"]),
  roles: textsOf(details["roles"]),
  isSigned,
});

export function openDelegations(people: People): Delegations {
  const all = new Map<string, Lent>();
  const ended = new Set<string>();
  const endAllOf = (person: string): void => {
    for (const [id, { from, to }] of all) if (from === person || to === person) ended.add(id);
  };
  return {
    add(entry, isSigned) {
      const lent = lentBy(entry, isSigned);
      // Nobody hands over what is another's: the entry is by whose approving it is.
      const isTheirs = entry.actorKind === "person" && entry.actor === lent.from && lent.from !== lent.to;
      if (isTheirs && !all.has(entry.object)) all.set(entry.object, lent);
    },
    read({ type, object }) {
      if (type === "delegation.ended") ended.add(object);
      // For good: an account that is opened again has handed nothing over.
      if (type === "user.changed" && people.isClosed(object)) endAllOf(object);
    },
    faultOf({ delegation, of }, { signer, instant }) {
      const lent = all.get(delegation);
      const unknown = (more: string) => ({ code: "DELEGATION_UNKNOWN", more }) as const;
      if (lent === undefined || lent.from !== of || lent.to !== signer)
        return unknown(`${delegation} is none of ${of} to ${signer}`);
      if (ended.has(delegation) || !(instant < lent.endsAt)) return unknown(`${delegation} was over`);
      return lent.isSigned ? undefined : { code: "DELEGATION_UNSIGNED", more: delegation };
    },
    rolesOf: ({ delegation }) => all.get(delegation)?.roles ?? [],
  };
}

/** What a statement says of it; undefined: its signer speaks for themselves. */
export function inPlaceOf(said: Readonly<Record<string, unknown>>): InPlace | undefined {
  if (said["on_behalf_of"] === undefined) return undefined;
  const { delegation, of } = fieldsOf(said["on_behalf_of"]);
  return { delegation: textOf(delegation), of: textOf(of) };
}

/** Whether a text hands over what the entry says, to whom and until when. */
export function isHandedOver({ object, actor, details }: Entry, said: Readonly<Record<string, unknown>>): boolean {
  const roles = (value: unknown): string => textsOf(value).toSorted().join(" ");
  return (
    said["statement"] === "delegate" &&
    said["delegation_id"] === object &&
    actor === details["from"] &&
    said["to"] === details["to"] &&
    said["ends_at"] === details["ends_at"] &&
    said["reason"] === details["reason"] &&
    roles(said["roles"]) === roles(details["roles"])
  );
}
