import type { RouteDefinition } from "../route.ts";
import { ReasonBody } from "../schemas/govern.ts";
import { Type } from "typebox";
import { PageQuery } from "../schemas/basics.ts";
import { RetentionReport, RetentionRunPage } from "../schemas/retention.ts";

export const retentionRoutes = {
  "retention.report": {
    method: "GET",
    path: "/api/v1/privacy/retention",
    needs: "retention:run",
    summary: "What a retention run would remove now, and what it would hold and why",
    response: RetentionReport,
  },
  "retention.runs": {
    method: "GET",
    path: "/api/v1/privacy/retention/runs",
    needs: "retention:run",
    summary: "Reports of the runs of retention, newest first: who, what, when, how many, and what was held",
    query: Type.Object(PageQuery),
    response: RetentionRunPage,
  },
  "retention.run": {
    method: "POST",
    path: "/api/v1/privacy/retention/run",
    needs: "retention:run",
    stepUp: "secrets",
    summary: "Remove what is older than its class is kept and not held; a run a day does the same",
    body: ReasonBody,
    response: RetentionReport,
  },
} as const satisfies Record<string, RouteDefinition>;
