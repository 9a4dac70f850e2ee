import type { Govern } from "#govern";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Respond } from "#respond";
import { actionHandlers } from "./api/actions.ts";
import { approvalHandlers } from "./api/approvals.ts";
import { assetHandlers } from "./api/assets.ts";
import { modeHandlers } from "./api/mode.ts";
import { policyHandlers } from "./api/policy.ts";
import { securityHandlers } from "./api/security.ts";
import { settingsHandlers } from "./api/settings.ts";
import { signatureHandlers } from "./api/signatures.ts";

export type GovernHandlerParts = Readonly<{ govern: Govern; respond: Respond; database: Database; clock: Clock }>;

/** What is answered of actions and who decides about them, policies, modes, settings and what is ours. */
export function governHandlers({ govern, respond, database, clock }: GovernHandlerParts) {
  return {
    ...actionHandlers({ govern, respond }),
    ...signatureHandlers(govern),
    ...modeHandlers(govern),
    ...policyHandlers(govern),
    ...assetHandlers(govern.assets),
    ...settingsHandlers(govern),
    ...securityHandlers({ govern, respond, database, clock }),
    ...approvalHandlers(govern),
  };
}
