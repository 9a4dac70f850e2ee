import { Type } from "typebox";
import type { RouteDefinition } from "../route.ts";
import * as r from "../schemas/rules.ts";

const params = Type.Object({ id: r.RuleId });

export const ruleRoutes = {
  "rule.states": {
    method: "GET",
    path: "/api/v1/ttp/rules",
    needs: "detection:read",
    summary: "Every rule in force with its state: who set it, why, and until when",
    response: r.RuleStateList,
  },
  "rule.get": {
    method: "GET",
    path: "/api/v1/ttp/rules/:id",
    needs: "detection:read",
    summary: "One rule in force: its document, its state, what it refers to",
    params,
    response: r.RuleDetail,
  },
  "rule.setState": {
    method: "PUT",
    path: "/api/v1/ttp/rules/:id/state",
    needs: "rule:write",
    stepUp: "defence",
    programsUnproved: true,
    summary: "Disable, clip, mute or enable a rule, with a reason and perhaps an end; in force within a second",
    params,
    body: r.RuleStateSet,
    response: r.RuleDetail,
  },
  "rule.clearState": {
    method: "DELETE",
    path: "/api/v1/ttp/rules/:id/state",
    needs: "rule:write",
    summary: "Back to enabled, as if nobody had ever set a state",
    status: 204,
    params,
    response: "empty",
  },
} as const satisfies Record<string, RouteDefinition>;
