import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as d from "../schemas/delegations.ts";

/** Handing one's approving to somebody else, until an instant. */
export const delegationRoutes = {
  "delegation.list": {
    method: "GET",
    path: "/api/v1/delegations",
    needs: "action:read",
    summary: "Who approves in whose place, newest first",
    query: d.DelegationQuery,
    response: d.DelegationPage,
  },
  "delegation.statement": {
    method: "POST",
    path: "/api/v1/delegations/statements",
    needs: "action:approve",
    summary: "Get the text to sign for handing one's own approving over: good once, for five minutes",
    status: 201,
    body: d.DelegationWish,
    response: d.DelegationStatement,
  },
  "delegation.create": {
    method: "POST",
    path: "/api/v1/delegations",
    needs: "action:approve",
    stepUp: "approve",
    summary: "Hand one's own approving to another person until an instant, 30 days from now at most",
    status: 201,
    body: d.DelegationCreate,
    response: d.Delegation,
  },
  "delegation.end": {
    method: "POST",
    path: "/api/v1/delegations/:id/end",
    // By either of the two, or by whoever manages accounts.
    needs: "action:read",
    summary: "End a delegation before its time; what was approved under it and has not run counts no more",
    params: Type.Object({ id: IdSchema("delegation") }),
    body: d.DelegationEnd,
    response: d.Delegation,
  },
} as const satisfies Record<string, RouteDefinition>;
