import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as a from "../schemas/approvals.ts";
import { Action } from "../schemas/govern.ts";

/** What stands beside the ordinary way to an approval: in an emergency, alone, or in somebody's place. */
export const approvalRoutes = {
  "action.breakGlass": {
    method: "POST",
    path: "/api/v1/actions/:id/break-glass",
    needs: "action:break_glass",
    stepUp: "approve",
    summary:
      "Let it run at once without approvals, for an hour at most: everybody who approves is told, and a review is owed",
    params: Type.Object({ id: IdSchema("action") }),
    body: a.BreakGlassBody,
    response: Action,
  },
  "breakGlass.list": {
    method: "GET",
    path: "/api/v1/break-glass",
    needs: "action:read",
    summary: "Every use of break-glass with its review, newest first",
    query: a.BreakGlassQuery,
    response: a.BreakGlassPage,
  },
  "breakGlass.review": {
    method: "POST",
    path: "/api/v1/break-glass/:id/review",
    needs: "action:approve",
    stepUp: "approve",
    summary: "Say whether a use of break-glass was justified: once, by somebody else",
    params: Type.Object({ id: IdSchema("breakGlass") }),
    body: a.BreakGlassReviewBody,
    response: a.BreakGlass,
  },
  "singlePerson.get": {
    method: "GET",
    path: "/api/v1/single-person",
    needs: "overview:read",
    summary: "Whether one's own approval counts, later, where nobody else can approve",
    response: a.SinglePersonView,
  },
  "singlePerson.set": {
    method: "PUT",
    path: "/api/v1/single-person",
    needs: "single_person:write",
    stepUp: "users",
    summary: "Let one's own approval count, later, where nobody else can approve; or end that",
    body: a.SinglePersonSet,
    response: a.SinglePersonView,
  },
} as const satisfies Record<string, RouteDefinition>;
