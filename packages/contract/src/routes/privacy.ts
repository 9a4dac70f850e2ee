import type { RouteDefinition } from "../route.ts";
import * as p from "../schemas/privacy.ts";

export const privacyRoutes = {
  "privacy.disclose": {
    method: "POST",
    path: "/api/v1/privacy/disclosures",
    needs: "personal:read",
    summary:
      "Salts and values of these entries, which anybody can check against their commitments; what was erased is left out",
    body: p.DiscloseBody,
    response: p.DisclosureList,
  },
} as const satisfies Record<string, RouteDefinition>;
