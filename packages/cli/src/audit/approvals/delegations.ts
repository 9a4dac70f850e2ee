import { fieldsOf, instantOf, textOf, type Entry } from "./entries.ts";
import type { Approval } from "./reading.ts";

type Lent = Readonly<{ from: string; to: string; endsAt: number }>;
/** In whose place an approval was given, as it was signed. */
export type InPlace = Readonly<{ delegation: string; of: string }>;

/** What people handed over in the log, and what of it had ended by the entry that is read. */
export type Delegations = Readonly<{
  read(entry: Entry): void;
  /** Why nobody decided by this in somebody's place then; undefined when they did. */
  faultOf(place: InPlace, at: Readonly<{ signer: string; instant: number }>): string | undefined;
}>;

export function openDelegations(): Delegations {
  const all = new Map<string, Lent>();
  const ended = new Set<string>();
  const steps: Readonly<Record<string, (entry: Entry) => void>> = {
    // Nobody hands over what is another's: the entry is by whose approving it is.
    "delegation.created": ({ object, actor, actorKind, details }) => {
      const lent = { from: textOf(details["from"]), to: textOf(details["to"]), endsAt: instantOf(details["ends_at"]) };
      if (actorKind === "person" && actor === lent.from && actor !== lent.to && !all.has(object)) all.set(object, lent);
    },
    "delegation.ended": ({ object }) => void ended.add(object),
  };
  return {
    read: (entry) => (Object.hasOwn(steps, entry.type) ? steps[entry.type]?.(entry) : undefined),
    faultOf({ delegation, of }, { signer, instant }) {
      const lent = all.get(delegation);
      if (lent === undefined || lent.from !== of || lent.to !== signer)
        return `${delegation} is none of ${of} to ${signer}`;
      return ended.has(delegation) || !(instant < lent.endsAt) ? `${delegation} was over` : undefined;
    },
  };
}

/** What a statement says of it; undefined: its signer speaks for themselves. */
export function inPlaceOf(said: Readonly<Record<string, unknown>>): InPlace | undefined {
  if (said["on_behalf_of"] === undefined) return undefined;
  const { delegation, of } = fieldsOf(said["on_behalf_of"]);
  return { delegation: textOf(delegation), of: textOf(of) };
}

/** One person counts once, and so does one person's approving, whoever uses it: those who speak for themselves first. */
export function onceEach(approvals: readonly Approval[]): readonly Approval[] {
  const [signed, used] = [new Set<string>(), new Set<string>()];
  const isIn = ({ inPlace }: Approval): boolean => inPlace !== undefined;
  return [...approvals.filter((one) => !isIn(one)), ...approvals.filter(isIn)].filter(({ signer, inPlace }) => {
    const owner = inPlace?.of ?? signer;
    if (signed.has(signer) || used.has(owner)) return false;
    signed.add(signer);
    used.add(owner);
    return true;
  });
}
