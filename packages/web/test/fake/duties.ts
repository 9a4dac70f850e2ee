import type { DutyConflicts } from "@tyr/contract";
import type { Answers } from "./answers.ts";
import { at, idOf } from "./make.ts";
import { Refused } from "./refused.ts";

type Duties = DutyConflicts;

/** Who holds what stays; whether an exception allows it is told again. */
function told(duties: Duties): Duties {
  const items = duties.items.map((item) => {
    const exception = duties.exceptions.find((one) => one.subject.id === item.subject.id && one.pair === item.pair);
    return exception === undefined
      ? { ...item, state: "open" as const, reason: null, exception: null }
      : { ...item, state: "excepted" as const, reason: exception.reason, exception };
  });
  return { ...duties, items, open: items.filter(({ state }) => state === "open").length };
}

export const dutyAnswers: Answers = {
  "duty.conflicts": (_, { world }) => world.duties,
  "duty.except": ({ body }, { world, user }) => {
    if (body.subjectId === user.id) throw new Refused("OWN_ACCESS", "nobody allows themselves an exception");
    const subject = world.users.find(({ id }) => id === body.subjectId);
    if (subject === undefined) throw new Refused("NOT_FOUND", `there is no user ${body.subjectId}`);
    const exception = {
      id: idOf("dutyException", 20 + world.duties.exceptions.length),
      subject: { id: subject.id, name: subject.name },
      pair: body.pair,
      reason: body.reason,
      grantedBy: { id: user.id, name: user.name },
      grantedAt: at(Date.now()),
      until: body.until,
    };
    world.duties = told({ ...world.duties, exceptions: [...world.duties.exceptions, exception] });
    return exception;
  },
  "duty.endException": ({ params }, { world }) => {
    const exceptions = world.duties.exceptions.filter(({ id }) => id !== params.id);
    world.duties = told({ ...world.duties, exceptions });
  },
  "duty.addPair": ({ body }, { world, user }) => {
    const pair = {
      id: idOf("dutyPair", 1 + world.duties.pairs.length),
      sides: [...body.sides],
      reason: body.reason,
      controls: body.control === undefined ? [] : [body.control],
      builtIn: false,
      addedAt: at(Date.now()),
      addedBy: user.name,
    };
    world.duties = { ...world.duties, pairs: [...world.duties.pairs, pair] };
    return pair;
  },
  "duty.removePair": ({ params }, { world }) => {
    world.duties = { ...world.duties, pairs: world.duties.pairs.filter(({ id }) => id !== params.id) };
  },
};

export const reviewAnswers: Answers = {
  "review.list": (_, { world }) => ({ items: world.users.length === 0 ? [] : [world.review.review] }),
  "review.get": (_, { world }) => world.review,
  "review.decide": ({ body }, { world, user }) => {
    const ids = new Set(body.items.map(({ id }) => id));
    const decision = {
      decision: body.decision,
      reason: body.reason,
      roles: [...(body.roles ?? [])],
      by: { id: user.id, name: user.name },
      at: at(Date.now()),
      stale: false,
    };
    const items = world.review.items.map((item) => (ids.has(item.id) ? { ...item, decision } : item));
    const decided = items.filter((item) => item.decision?.stale === false).length;
    const progress = { ...world.review.review.progress, decided };
    world.review = { review: { ...world.review.review, progress }, items };
  },
};
