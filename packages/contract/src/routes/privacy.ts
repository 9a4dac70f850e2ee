import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import { ReasonBody } from "../schemas/govern.ts";
import * as p from "../schemas/privacy.ts";

export const privacyRoutes = {
  "privacy.disclose": {
    method: "POST",
    path: "/api/v1/privacy/disclosures",
    needs: "personal:read",
    stepUp: "secrets",
    summary:
      "Salts and values of these entries, which anybody can check against their commitments; what was erased is left out",
    body: p.DiscloseBody,
    response: p.DisclosureList,
  },
  "privacy.preview": {
    method: "GET",
    path: "/api/v1/privacy/erasures/preview",
    needs: "privacy:erase",
    summary: "What an erasure of this subject would remove now, or why it would be refused; nothing is changed",
    query: Type.Object({ subject: p.SubjectName }),
    response: p.Erasure,
  },
  "privacy.erase": {
    method: "POST",
    path: "/api/v1/privacy/erasures",
    needs: "privacy:erase",
    stepUp: "secrets",
    summary: "Remove every personal value of a subject; all proofs of the log still verify",
    body: p.PrivacyOrder,
    response: p.Erasure,
  },
  "privacy.holds": {
    method: "GET",
    path: "/api/v1/privacy/holds",
    needs: "privacy:hold",
    summary: "Legal holds in force",
    response: p.LegalHoldList,
  },
  "privacy.hold": {
    method: "POST",
    path: "/api/v1/privacy/holds",
    needs: "privacy:hold",
    summary: "Place a legal hold: nothing of the subject is erased until it is lifted",
    status: 201,
    body: p.PrivacyOrder,
    response: p.LegalHold,
  },
  "privacy.release": {
    method: "POST",
    path: "/api/v1/privacy/holds/:id/lift",
    needs: "privacy:hold",
    summary: "Lift a legal hold",
    params: Type.Object({ id: IdSchema("hold") }),
    body: ReasonBody,
    response: p.LegalHold,
  },
} as const satisfies Record<string, RouteDefinition>;
