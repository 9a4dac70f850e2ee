import type { SinglePersonView } from "@tyr/contract";
import type { Answers } from "./answers.ts";
import { at } from "./make.ts";
import { Refused } from "./refused.ts";

const OFF: SinglePersonView = { on: false, delayMinutes: null, change: null, endsAt: null };

/** As the server: refused while two people may approve, which here are those who hold one of the two roles. */
export const singlePersonAnswers: Answers = {
  "singlePerson.get": (_, { world }) => world.mode.singlePerson ?? OFF,
  "singlePerson.set": ({ body }, { world, user }) => {
    const able = world.users.filter(
      ({ active, roles }) => active && roles.some((role) => role === "approver" || role === "security_manager"),
    );
    if (body.on && able.length > 1)
      throw new Refused("SINGLE_PERSON_REFUSED", `${able.length} people may approve: each asks another one`);
    const by = { kind: "person" as const, id: user.id, name: user.name };
    const singlePerson = {
      on: body.on,
      delayMinutes: body.on ? (body.delayMinutes ?? 30) : null,
      change: { at: at(Date.now()), by, reason: body.reason },
      endsAt: null,
    };
    world.mode = { ...world.mode, singlePerson };
    return singlePerson;
  },
};
