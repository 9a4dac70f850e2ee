import type { Decision, Requirement } from "@tyr/contract";
import { isRequester, mayApprove, type Asked } from "./count-approvals.ts";
import type { Signatories } from "./electorate.ts";
import type { Person } from "./ports.ts";

/** A gate that too few people could ever pass as things are. */
export type ShortGate = Requirement &
  Readonly<{
    /** How many could. */
    able: number;
    /** How many more hold a role it asks for and have nothing to sign with. */
    unsigned: number;
  }>;

export type Satisfying = Signatories &
  Readonly<{
    /** Whoever wrote a revision: they never count. */
    authors: ReadonlySet<string>;
    /** Single-person mode is on: one's own approval counts where nobody else's could. */
    ownCounts: boolean;
  }>;

/** As many pairs as can be made so that nobody is in two: one signature is one person's, and one person's approving is one. */
function pairsOf(choices: ReadonlyMap<string, readonly string[]>): number {
  const takenBy = new Map<string, string>();
  const place = (owner: string, tried: Set<string>): boolean => {
    for (const signer of choices.get(owner) ?? []) {
      if (tried.has(signer)) continue;
      tried.add(signer);
      const before = takenBy.get(signer);
      if (before !== undefined && !place(before, tried)) continue;
      takenBy.set(signer, owner);
      return true;
    }
    return false;
  };
  return [...choices.keys()].filter((owner) => place(owner, new Set())).length;
}

const fits = ({ roles }: Requirement, person: Person): boolean =>
  mayApprove(person) && person.roles.some((role) => roles.includes(role));

function shortOf(gate: Requirement, action: Asked, who: Satisfying): ShortGate | undefined {
  const { people, standings, signers, authors, ownCounts } = who;
  const hadPart = (id: string): boolean => isRequester(action, id) || authors.has(id);
  const fit = people.filter((one) => fits(gate, one));
  const owners = fit.filter(({ id }) => !hadPart(id));
  const choices = new Map(
    owners.map(({ id }) => {
      const standIns = standings.filter(({ from, to }) => from === id && !hadPart(to)).map(({ to }) => to);
      return [id, [id, ...standIns].filter((one) => signers.has(one))] as const;
    }),
  );
  const others = pairsOf(choices);
  const isAlone = ownCounts && others === 0 && fit.some(({ id }) => hadPart(id) && signers.has(id));
  const able = isAlone ? 1 : others;
  if (able >= gate.approvals) return undefined;
  return { ...gate, able, unsigned: [...choices.values()].filter((list) => list.length === 0).length };
}

/**
 * The gates that could never be passed as things are: too few other people who are active, hold a role it names, had no
 * part in the request and have something to sign with, delegations counted. Known at once, not after the deadline.
 */
export function shortGates(
  { requirements }: Pick<Decision, "requirements">,
  action: Asked,
  who: Satisfying,
): readonly ShortGate[] {
  return requirements.flatMap((gate) => shortOf(gate, action, who) ?? []);
}

/** One gate in words. */
export function sayShort({ policyId, approvals, roles, able, unsigned }: ShortGate): string {
  const wanted = `${approvals} other ${approvals === 1 ? "person" : "people"} with the role ${roles.join(" or ")}`;
  const more = unsigned === 0 ? "" : ` who can sign, and ${unsigned} without a passkey or key of their own`;
  return `${policyId} asks for ${wanted}; there ${able === 1 ? "is" : "are"} ${able}${more}`;
}
