import type { RouteDefinition, RouteInput, RouteOutput } from "../route.ts";
import { accountRoutes } from "./account.ts";
import { approvalRoutes } from "./approvals.ts";
import { attackRoutes } from "./attack.ts";
import { actorRoutes } from "./actors.ts";
import { assetRoutes } from "./assets.ts";
import { auditRoutes } from "./audit.ts";
import { collectRoutes } from "./collect.ts";
import { credentialRoutes } from "./credentials.ts";
import { delegationRoutes } from "./delegations.ts";
import { detectRoutes } from "./detect.ts";
import { dutyRoutes } from "./duties.ts";
import { federationRoutes } from "./federation.ts";
import { governRoutes } from "./govern.ts";
import { intelRoutes } from "./intel.ts";
import { keyRoutes } from "./keys.ts";
import { metricsRoutes } from "./metrics.ts";
import { messageRoutes } from "./messages.ts";
import { notificationRoutes } from "./notifications.ts";
import { passkeyRoutes } from "./passkeys.ts";
import { policyRoutes } from "./policy.ts";
import { privacyRoutes } from "./privacy.ts";
import { retentionRoutes } from "./retention.ts";
import { reviewRoutes } from "./reviews.ts";
import { roleRoutes } from "./roles.ts";
import { backfillRoutes, backtestRoutes, ruleFigureRoutes } from "./rule-figures.ts";
import { ruleRoutes } from "./rules.ts";
import { scimRoutes } from "./scim.ts";
import { secretRoutes } from "./secrets.ts";
import { securityRoutes } from "./security.ts";
import { settingsRoutes } from "./settings.ts";
import { signatureRoutes } from "./signatures.ts";
import { tokenRoutes } from "./tokens.ts";
import { trustRoutes } from "./trust.ts";
import { ttpExportRoutes } from "./ttp-export.ts";
import { ttpRoutes } from "./ttp.ts";

/** Every route Tyr answers on. The server registers exactly these, the clients are typed by them. */
export const routes = {
  ...trustRoutes,
  ...accountRoutes,
  ...passkeyRoutes,
  ...auditRoutes,
  ...collectRoutes,
  ...detectRoutes,
  ...credentialRoutes,
  ...actorRoutes,
  ...ruleFigureRoutes,
  ...metricsRoutes,
  ...backtestRoutes,
  ...backfillRoutes,
  ...ruleRoutes,
  ...ttpRoutes,
  ...attackRoutes,
  ...ttpExportRoutes,
  ...intelRoutes,
  ...messageRoutes,
  ...notificationRoutes,
  ...federationRoutes,
  ...governRoutes,
  ...policyRoutes,
  ...assetRoutes,
  ...settingsRoutes,
  ...securityRoutes,
  ...approvalRoutes,
  ...delegationRoutes,
  ...signatureRoutes,
  ...privacyRoutes,
  ...retentionRoutes,
  ...secretRoutes,
  ...keyRoutes,
  ...tokenRoutes,
  ...roleRoutes,
  ...dutyRoutes,
  ...reviewRoutes,
  ...scimRoutes,
} as const satisfies Record<string, RouteDefinition>;
export type Routes = typeof routes;
export type RouteId = keyof Routes;
export const ROUTE_IDS = Object.keys(routes) as readonly RouteId[];

export type InputOf<K extends RouteId> = RouteInput<Routes[K]>;
export type OutputOf<K extends RouteId> = RouteOutput<Routes[K]>;
