import {
  SETTINGS_AS_SHIPPED,
  type ModeSet,
  type ModeView,
  type Overview,
  type Settings,
  type User,
} from "@tyr/contract";
import type { Answers } from "./answers.ts";
import { Refused } from "./refused.ts";
import { at, person } from "./make.ts";

const ELEVATED = {
  policyId: "elevated-needs-approval",
  text: "In elevated mode every block is seen by a second person.",
};
const LOCKDOWN = { policyId: "lockdown-needs-two", text: "In lockdown two people decide about every block." };
const LIMITS = { maxFailedLoginsPerMinute: 10, maxScanEventsPerMinute: 20 };

/** A mode that never changed, in production, with the shipped policies' effects. */
export const makeMode = (): ModeView => ({
  mode: "normal",
  environment: "production",
  change: null,
  modes: [
    { mode: "normal", effects: [], comesWhen: null, proposeRisk: 70, ...LIMITS },
    {
      mode: "elevated",
      effects: [ELEVATED],
      comesWhen: "2 open incidents of high severity or more, changed in the last 60 minutes",
      proposeRisk: 60,
      ...LIMITS,
    },
    { mode: "lockdown", effects: [ELEVATED, LOCKDOWN], comesWhen: null, proposeRisk: 50, ...LIMITS },
  ],
  defaultMode: "normal",
  held: null,
  automatic: null,
  waiting: [],
  history: [],
});

const SETTINGS: Settings = {
  ...SETTINGS_AS_SHIPPED,
  autoElevate: true,
  elevateIncidents: 2,
  updatedAt: null,
  updatedBy: null,
};

function changedMode(view: ModeView, body: ModeSet, user: User): ModeView {
  const { mode, reason, until = null } = body;
  const by = { ...person(1, user.name), id: user.id };
  const change = { mode, reason, until, at: at(Date.now()), by, incidents: [] };
  return { ...view, mode, change, held: { mode, until }, history: [change, ...view.history] };
}

/** As the overview says it. */
export function overviewMode({ mode, change }: ModeView): Overview["mode"] {
  if (change === null) return { mode, updated_at: null, source: "nobody: it never changed" };
  const { at: updated_at, by, reason, until } = change;
  return { mode, updated_at, source: by.name, by, reason, until };
}

export const makeSettings = (): Settings => SETTINGS;

export const modeAnswers: Answers = {
  "mode.get": (_, { world }) => world.mode,
  "mode.set": ({ body }, { world, user, tell }) => {
    if (body.until !== undefined && body.until <= at(Date.now()))
      throw new Refused("VALIDATION_FAILED", `body/until: ${body.until} is not in the future`);
    // As the shipped policies: what lowers the mode waits for somebody else.
    const [waits] = world.actions;
    if (body.mode === "normal" && world.mode.mode !== "normal" && waits !== undefined) {
      world.mode = { ...world.mode, waiting: [waits.id] };
      return { ...world.mode, asked: waits.id };
    }
    world.mode = changedMode(world.mode, body, user);
    tell("mode.changed", { mode: world.mode.mode, until: world.mode.change?.until ?? null });
    return { ...world.mode, asked: null };
  },
  "settings.get": (_, { world }) => world.settings,
  "settings.edit": ({ body }, { world, user }) => {
    const updatedBy = { kind: "person" as const, id: user.id, name: user.name };
    world.settings = { ...world.settings, ...body, updatedAt: at(Date.now()), updatedBy };
    return world.settings;
  },
};
