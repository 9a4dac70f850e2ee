import { QUIET } from "./circumstances.ts";
import type { DecisionInput } from "./decide.ts";

/** A person asks for other policies, in quiet circumstances: what must always be possible once enough people agree. */
export function askToReplace(): DecisionInput {
  return {
    v: 2,
    type: "update_policy",
    principal: { kind: "person", id: "sample" },
    target: {
      text: "sample",
      removesForbid: true,
      loosensGate: true,
      widensPermit: true,
      schemaChanged: true,
      policiesChanged: 1,
      unusable: false,
    },
    context: { ...QUIET, ttlSeconds: null },
  };
}

/** A person asks to leave a mode for normal mode. */
export function askToCalm(): DecisionInput {
  return {
    v: 2,
    type: "set_mode",
    principal: { kind: "person", id: "sample" },
    target: { text: "normal", raises: false, lowers: true },
    context: { ...QUIET, ttlSeconds: null },
  };
}
