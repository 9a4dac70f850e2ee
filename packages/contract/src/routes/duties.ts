import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as d from "../schemas/duties.ts";

export const dutyRoutes = {
  "duty.conflicts": {
    method: "GET",
    path: "/api/v1/duties/conflicts",
    needs: "user:read",
    summary: "Who holds what nobody should hold together, the pairs this is told by, and the exceptions in force",
    response: d.DutyConflicts,
  },
  "duty.addPair": {
    method: "POST",
    path: "/api/v1/duties/pairs",
    needs: "duty:write",
    stepUp: "users",
    summary: "Name two permissions or roles that one person must not hold together",
    status: 201,
    body: d.DutyPairAdd,
    response: d.DutyPairView,
  },
  "duty.removePair": {
    method: "DELETE",
    path: "/api/v1/duties/pairs/:id",
    needs: "duty:write",
    stepUp: "users",
    summary: "Take an own pair away, with its exceptions; built-in pairs stay",
    status: 204,
    params: Type.Object({ id: IdSchema("dutyPair") }),
    response: "empty",
  },
  "duty.except": {
    method: "POST",
    path: "/api/v1/duties/exceptions",
    needs: "duty:write",
    stepUp: "users",
    summary: "Allow somebody else to hold both sides of a pair, until a day and for a reason",
    status: 201,
    body: d.DutyExceptionGrant,
    response: d.DutyException,
  },
  "duty.endException": {
    method: "DELETE",
    path: "/api/v1/duties/exceptions/:id",
    needs: "duty:write",
    stepUp: "users",
    summary: "End an exception; what is held stays, and is an open conflict until somebody takes a role away",
    status: 204,
    params: Type.Object({ id: IdSchema("dutyException") }),
    response: "empty",
  },
} as const satisfies Record<string, RouteDefinition>;
