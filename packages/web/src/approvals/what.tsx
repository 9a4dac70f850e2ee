import { ACTION_TYPE_FACTS, isId, type Action } from "@tyr/contract";
import type { ReactNode } from "react";
import { Code } from "../kit/copy.tsx";
import { Hostile } from "../text/hostile.tsx";
import { lastingLabel } from "./lasting.ts";

type Typed = Pick<Action, "type">;

/** Said before the target, as a sentence begins. */
export function verbOf({ type }: Typed): string {
  const { verb } = ACTION_TYPE_FACTS[type];
  return verb.slice(0, 1).toUpperCase() + verb.slice(1);
}

/** Whether its effect is at enforcement points, which pull it and say so; else it is the platform's own and there at once. */
export const isEnforced = ({ type }: Typed): boolean => ACTION_TYPE_FACTS[type].targetType === "address";

/** What an action does, as one sentence without its full stop. `copied`: the target can be copied from it. */
export function ActionWords({ action, copied = false }: Readonly<{ action: Action; copied?: boolean }>): ReactNode {
  const { target, ttlSeconds } = action;
  const hasEnd = ACTION_TYPE_FACTS[action.type].ttl === "required" || ttlSeconds !== null;
  // Ids and digests are long and say little: both their ends are enough beside a copy button.
  const long = isId("action", target) || /^[0-9a-f]{64}$/.test(target);
  return (
    <>
      {verbOf(action)} {copied ? <Code text={target} what="target" short={long} /> : <Hostile text={target} mono />}
      {hasEnd || action.type === "set_mode" ? ` ${lastingLabel(ttlSeconds)}` : ""}
    </>
  );
}
