import { covers } from "./check-decision.ts";
import { instantOf, SLACK_MS, type Entry } from "./entries.ts";
import { find, storyOf, type Approval, type Reading } from "./reading.ts";

/** One person counts once, and so does one person's approving, whoever uses it: those who speak for themselves first. */
function onceEach(approvals: readonly Approval[]): readonly Approval[] {
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

/** Whether the log, by the time it runs, still lets it count: its key, its account and the delegation it was given by. */
export function holds({ keys, delegations }: Reading, { entry, signer, inPlace }: Approval, ran: Entry): boolean {
  const isInPlace =
    inPlace === undefined || delegations.faultOf(inPlace, { signer, instant: instantOf(ran.at) }) === undefined;
  return isInPlace && !keys.hasEnded(entry);
}

/** With the roles by which it counts: of those signed, what was handed over, and what the log does not take from their owner. */
function withRoles({ people, delegations }: Reading, one: Approval): Approval {
  const { inPlace, signer, roles: signed } = one;
  const lent = inPlace === undefined ? signed : delegations.rolesOf(inPlace);
  const roles = signed.filter((role) => lent.includes(role));
  return { ...one, roles: people.held(inPlace?.of ?? signer, roles) };
}

/**
 * Whose word counts for exactly what ran: others'; or where nobody else's does, one's own after its delay, as one. What
 * was signed with a key, by an account or under a delegation that ended before it ran counts no more, whether or not the
 * log says that it was taken back.
 */
export function countingOf(reading: Reading, ran: Entry): readonly Approval[] {
  const { approvals, authors } = storyOf(reading, ran.object);
  const exact = approvals
    .filter((one) => covers(one, ran) && holds(reading, one, ran))
    .map((one) => withRoles(reading, one))
    .filter(({ roles }) => roles.length > 0);
  const others = onceEach(
    exact.filter(({ signer, inPlace }) => !authors.has(signer) && !authors.has(inPlace?.of ?? "")),
  );
  if (others.length > 0 || !reading.counted.isAlone) return others;
  return exact.filter(({ ownFrom }) => ownFrom !== undefined && ownFrom <= instantOf(ran.at)).slice(0, 1);
}

/** All that was asked for holds: by the log, and by each statement that counts. */
function checkQuorum(reading: Reading, ran: Entry, counting: readonly Approval[]): void {
  const { gates } = storyOf(reading, ran.object);
  for (const gate of [...gates, ...counting.flatMap((one) => one.gates)]) {
    const fit = counting.filter(({ roles }) => roles.some((role) => gate.roles.includes(role)));
    const people = new Set(fit.map(({ signer }) => signer)).size;
    if (people >= gate.approvals) continue;
    const more = `${people} of ${gate.approvals} with the role ${gate.roles.join(" or ")}`;
    return find(reading, { code: "QUORUM_SHORT", at: ran, more });
  }
}

/** Everybody who was asked for signed exactly what ran, and it ran before the deadline they signed. */
export function checkCounting(reading: Reading, ran: Entry, counting: readonly Approval[]): void {
  const { approvals, needsPeople } = storyOf(reading, ran.object);
  if (counting.length > 0) {
    if (counting.some(({ deadline }) => !(instantOf(ran.at) <= deadline + SLACK_MS)))
      find(reading, { code: "LATE", at: ran, more: "it ran after the deadline that was signed" });
    return checkQuorum(reading, ran, counting);
  }
  if (approvals.length > 0 && !approvals.some((one) => covers(one, ran)))
    find(reading, { code: "OTHER_DIGEST", at: ran });
  else if (needsPeople || approvals.length > 0)
    find(reading, { code: "QUORUM_SHORT", at: ran, more: "nobody's approval counts" });
}
