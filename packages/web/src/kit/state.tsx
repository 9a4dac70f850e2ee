import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";

type Tone = "good" | "wait" | "bad" | "quiet" | "go";

/** How a state of any noun is said: its word, a picture and a tone; the word alone is enough. */
const STATES: Readonly<Record<string, readonly [tone: Tone, icon: IconName]>> = {
  new: ["go", "alert"],
  investigating: ["go", "search"],
  contained: ["wait", "shield"],
  resolved: ["good", "check"],
  closed: ["quiet", "check"],
  draft: ["quiet", "note"],
  dry_run_ok: ["quiet", "check"],
  dry_run_failed: ["bad", "cross"],
  pending: ["wait", "clock"],
  approved: ["go", "check"],
  rejected: ["bad", "cross"],
  expired: ["quiet", "clock"],
  cancelled: ["quiet", "cross"],
  executing: ["go", "play"],
  executed: ["good", "check"],
  failed: ["bad", "alert"],
  unknown: ["bad", "alert"],
  reverting: ["wait", "undo"],
  reverted: ["quiet", "undo"],
  revert_failed: ["bad", "alert"],
  active: ["good", "check"],
  inactive: ["quiet", "cross"],
  enabled: ["good", "check"],
  disabled: ["quiet", "cross"],
  clipped: ["wait", "filter"],
  muted: ["wait", "pause"],
  running: ["go", "play"],
  done: ["good", "check"],
  interrupted: ["bad", "alert"],
  locked: ["bad", "shield"],
  erased: ["quiet", "cross"],
  revoked: ["quiet", "cross"],
  ended: ["quiet", "cross"],
  void: ["bad", "cross"],
  lifted: ["quiet", "undo"],
  requested: ["wait", "clock"],
  acknowledged: ["good", "check"],
  effective: ["good", "shield"],
  not_expressible: ["bad", "cross"],
  stale: ["wait", "clock"],
  success: ["good", "check"],
  failure: ["bad", "cross"],
  open: ["go", "clock"],
  overdue: ["bad", "clock"],
  open_conflict: ["bad", "alert"],
  excepted: ["wait", "clock"],
  by_role: ["quiet", "shield"],
  keep: ["good", "check"],
  revoke: ["bad", "cross"],
  change: ["wait", "undo"],
  kept: ["good", "check"],
  changed: ["wait", "undo"],
  left: ["wait", "alert"],
  gone: ["quiet", "cross"],
  refused: ["bad", "shield"],
  owed: ["bad", "clock"],
  waiting: ["wait", "clock"],
  delivered: ["good", "check"],
  given_up: ["bad", "alert"],
  in_force: ["good", "shield"],
  stable: ["good", "check"],
  drifting: ["wait", "undo"],
  conflicted: ["bad", "alert"],
  multi_actor: ["bad", "users"],
};

export function StateBadge({ state }: Readonly<{ state: string }>): ReactNode {
  const [tone, icon] = STATES[state] ?? ["quiet", "alert"];
  return (
    <span className={`badge state-${tone}`}>
      <Icon name={icon} size={12} />
      {state.replaceAll("_", " ")}
    </span>
  );
}
