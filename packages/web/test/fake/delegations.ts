import { DELEGATION_DAYS_MAX, type Delegation, type DelegationWish, type User } from "@tyr/contract";
import type { Answers, Asking } from "./answers.ts";
import { found, pageOf } from "./found.ts";
import { at, idOf, person } from "./make.ts";
import { Refused } from "./refused.ts";
import { isSigned, signable } from "./signed.ts";

const DAY = 86_400_000;

/** Handed to mara until Friday, and one of hers that ended. */
export const makeDelegations = (now: number): Delegation[] => [
  {
    id: idOf("delegation", 1),
    from: person(5, "old.account"),
    to: person(1, "mara"),
    reason: "On leave, <b>back</b> on Friday",
    createdAt: at(now - DAY),
    endsAt: at(now + 4 * DAY),
    state: "in_force",
    roles: ["approver"],
    endedAt: null,
    endedBy: null,
    mayEnd: true,
  },
  {
    id: idOf("delegation", 2),
    from: person(1, "mara"),
    to: person(5, "old.account"),
    reason: "A conference.",
    createdAt: at(now - 40 * DAY),
    endsAt: at(now - 30 * DAY),
    state: "ended",
    roles: [],
    endedAt: at(now - 35 * DAY),
    endedBy: person(1, "mara"),
    mayEnd: false,
  },
];

/** @throws {Refused} as the server refuses whom it cannot be handed to, or for so long */
function toWhom({ to, endsAt }: DelegationWish, { world, user }: Asking): User {
  const found = world.users.find((one) => one.active && one.name === to);
  if (found === undefined || found.id === user.id)
    throw new Refused("DELEGATION_REFUSED", `${to} is no active person besides yourself`);
  if (Date.parse(endsAt) > Date.now() + DELEGATION_DAYS_MAX * DAY)
    throw new Refused("DELEGATION_REFUSED", `${endsAt} is more than ${DELEGATION_DAYS_MAX} days from now`);
  return found;
}

export const delegationAnswers: Answers = {
  "delegation.list": ({ query = {} }, { world, user }) =>
    pageOf(
      world.delegations.filter(
        ({ from, to, state }) =>
          (query.mine !== true || from.id === user.id || to.id === user.id) &&
          (query.inForce !== true || state === "in_force"),
      ),
      query,
    ),
  "delegation.statement": ({ body }, asking) => {
    const { world, user } = asking;
    const { id, name } = toWhom(body, asking);
    const delegation = idOf("delegation", world.delegations.length + 1);
    const { reason, endsAt } = body;
    const fields = { delegation_id: delegation, ends_at: endsAt, reason, roles: user.roles, signer: user.id };
    const text = JSON.stringify({ ...fields, statement: "delegate", to: id, installation: "tyr.example/log" });
    const to = { kind: "person" as const, id, name };
    return { statement: "delegate" as const, delegation, to, ...signable(world, text) };
  },
  "delegation.create": ({ body }, asking) => {
    const { world, user } = asking;
    isSigned(body.signature, world);
    const to = toWhom(body, asking);
    const made: Delegation = {
      id: idOf("delegation", world.delegations.length + 1),
      from: { kind: "person", id: user.id, name: user.name },
      to: { kind: "person", id: to.id, name: to.name },
      reason: body.reason,
      createdAt: at(Date.now()),
      endsAt: body.endsAt,
      state: "in_force",
      roles: user.roles,
      endedAt: null,
      endedBy: null,
      mayEnd: true,
    };
    world.delegations = [made, ...world.delegations];
    return made;
  },
  "delegation.end": ({ params }, { world, user }) => {
    const one = found(world.delegations.find(({ id }) => id === params.id));
    const endedBy = { kind: "person" as const, id: user.id, name: user.name };
    const ended: Delegation = { ...one, state: "ended", roles: [], endedAt: at(Date.now()), endedBy, mayEnd: false };
    world.delegations = world.delegations.map((old) => (old.id === one.id ? ended : old));
    return ended;
  },
};
