import type { RouteId } from "@tyr/contract";
import type { Deed, World } from "./audit-world.ts";
import { actorDeeds } from "./audit-actor-deeds.ts";
import { approvalKeyDeeds } from "./audit-approval-key-deeds.ts";
import { attackDeeds } from "./audit-attack-deeds.ts";
import { backfillDeeds } from "./audit-backfill-deeds.ts";
import { delegationDeeds } from "./audit-delegation-deeds.ts";
import { breakGlassDeeds } from "./audit-break-glass-deeds.ts";
import { dutyDeeds } from "./audit-duty-deeds.ts";
import { passkeyDeeds } from "./audit-passkey-deeds.ts";
import { policyDeeds } from "./audit-policy-deeds.ts";
import { notificationDeeds } from "./audit-notification-deeds.ts";
import { retentionDeeds } from "./audit-retention-deeds.ts";
import { reviewDeeds } from "./audit-review-deeds.ts";
import { roleDeeds } from "./audit-role-deeds.ts";
import { governDeeds } from "./audit-govern-deeds.ts";
import { intelDeeds } from "./audit-intel-deeds.ts";
import { ruleDeeds } from "./audit-rule-deeds.ts";
import { scimDeeds } from "./audit-scim-deeds.ts";
import { stageDeeds } from "./audit-stage-deeds.ts";
import { tokenDeeds } from "./audit-token-deeds.ts";
import { trustDeeds } from "./audit-trust-deeds.ts";

/** A way to use a route, for every route that changes something, and for reading ones that leave an entry. */
export type Deeds = Readonly<Partial<{ [K in RouteId]: (world: World) => Promise<Deed<K>> }>>;

/** Routes that change no state although their method might. Each says why. */
export const NO_CHANGE: Readonly<Partial<Record<RouteId, string>>> = {
  "backtest.create": "reads stored events and keeps what it counted in memory",
  "backtest.cancel": "ends a run that stores nothing",
  "policy.validate": "looks at files that came with the request, and stores none",
  "policy.test": "looks at files that came with the request, and stores none",
  "policy.diff": "looks at files that came with the request, and stores none",
  "policy.explain": "asks about a stored decision again, and stores no other",
  "policyBacktest.create": "reads stored decisions and keeps what it counted in memory",
  "policyBacktest.cancel": "ends a run that stores nothing",
  "sso.begin": "gives the browser a seed; what was begun is worth nothing until it is finished, and that is logged",
  "sso.beginProof":
    "gives the browser a seed; what was begun is worth nothing until it is finished, and that is logged",
  "action.statement": "gives a text to sign, which is worth nothing until its signature is used, and that is logged",
  "delegation.statement":
    "gives a text to sign, which is worth nothing until its signature is used, and that is logged",
  "passkey.beginAdd": "gives the browser a challenge, which is worth nothing until it is answered, and that is logged",
  "passkey.beginSignIn":
    "gives the browser a challenge, which is worth nothing until it is answered, and that is logged",
  "passkey.beginStepUp":
    "gives the browser a challenge, which is worth nothing until it is answered, and that is logged",
};

/** What a server just started cannot do yet, and the test that does it and counts the entries: file and name. */
export const ELSEWHERE: Readonly<Partial<Record<RouteId, readonly [file: string, test: string]>>> = {
  "backfill.cancel": [
    "packages/server/src/pipeline/detect/backtest/replays.db.test.ts",
    "cancelling a backfill leaves exactly one entry, and none when it was over",
  ],
  "notification.retry": [
    "packages/server/src/notify/notify.db.test.ts",
    "that will never be taken are given up and seen, and leave one entry when they are sent again by hand",
  ],
};

export const deeds: Deeds = {
  ...trustDeeds,
  ...actorDeeds,
  ...approvalKeyDeeds,
  ...attackDeeds,
  ...tokenDeeds,
  ...passkeyDeeds,
  ...roleDeeds,
  ...dutyDeeds,
  ...reviewDeeds,
  ...policyDeeds,
  ...notificationDeeds,
  ...retentionDeeds,
  ...intelDeeds,
  ...ruleDeeds,
  ...scimDeeds,
  ...stageDeeds,
  ...breakGlassDeeds,
  ...delegationDeeds,
  ...governDeeds,
  ...backfillDeeds,
};
