import type { Action } from "@tyr/contract";
import type { ReactNode } from "react";
import { Code } from "../kit/copy.tsx";
import { durationLabel } from "../kit/field.tsx";
import { Hostile } from "../text/hostile.tsx";

/** `for 1 day`, or `until it is changed`. */
export function lastingLabel(ttlSeconds: number | null): string {
  return ttlSeconds === null ? "until it is changed" : `for ${durationLabel(ttlSeconds)}`;
}

/** Said by each type of action before its target. */
const VERBS: Readonly<Record<Action["type"], string>> = { block_ip: "Block", set_mode: "Set the mode to" };

export function verbOf({ type }: Pick<Action, "type">): string {
  return VERBS[type];
}

/** What an action does, as one sentence without its full stop. `copied`: the target can be copied from it. */
export function ActionWords({ action, copied = false }: Readonly<{ action: Action; copied?: boolean }>): ReactNode {
  const { target } = action;
  return (
    <>
      {verbOf(action)} {copied ? <Code text={target} what="target" /> : <Hostile text={target} mono />}{" "}
      {lastingLabel(action.ttlSeconds)}
    </>
  );
}
