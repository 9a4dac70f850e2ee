import type { AccessKind } from "../end-access.ts";
import { endFamilies } from "./store.ts";

/** Tokens end with the account of whoever they act as, or answers for what they act as. */
export const TOKENS_OF_PEOPLE: AccessKind = {
  counted: "tokensEnded",
  end: async (tx, { subjectId, now }) => ({
    count: (await endFamilies(tx, { person: subjectId }, { now, why: "the account was disabled" })).length,
  }),
};
