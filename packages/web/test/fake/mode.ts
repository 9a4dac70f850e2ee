import type { ModeSet, ModeView, Overview, User } from "@tyr/contract";
import { at, person } from "./make.ts";

const ELEVATED = {
  policyId: "elevated-needs-approval",
  text: "In elevated mode every block is seen by a second person.",
};
const LOCKDOWN = { policyId: "lockdown-needs-two", text: "In lockdown two people decide about every block." };

/** A mode that never changed, in production, with the shipped policies' effects. */
export const makeMode = (): ModeView => ({
  mode: "normal",
  environment: "production",
  change: null,
  modes: [
    { mode: "normal", effects: [] },
    { mode: "elevated", effects: [ELEVATED] },
    { mode: "lockdown", effects: [ELEVATED, LOCKDOWN] },
  ],
  history: [],
});

export function changedMode(view: ModeView, body: ModeSet, user: User): ModeView {
  const { mode, reason, until = null } = body;
  const change = { mode, reason, until, at: at(Date.now()), by: { ...person(1, user.name), id: user.id } };
  return { ...view, mode, change, history: [change, ...view.history] };
}

/** As the overview says it. */
export function overviewMode({ mode, change }: ModeView): Overview["mode"] {
  if (change === null) return { mode, updated_at: null, source: "nobody: it never changed" };
  const { at: updated_at, by, reason, until } = change;
  return { mode, updated_at, source: by.name, by, reason, until };
}
