import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as r from "../schemas/reviews.ts";

const params = Type.Object({ id: IdSchema("review") });

export const reviewRoutes = {
  "review.list": {
    method: "GET",
    path: "/api/v1/access-reviews",
    needs: "review:read",
    summary: "Access reviews, newest first, with their progress",
    response: r.ReviewList,
  },
  "review.create": {
    method: "POST",
    path: "/api/v1/access-reviews",
    needs: "review:write",
    stepUp: "users",
    summary: "Begin an access review: who holds what now is written down for its reviewers to decide about",
    status: 201,
    body: r.ReviewCreate,
    response: r.Review,
  },
  "review.get": {
    method: "GET",
    path: "/api/v1/access-reviews/:id",
    needs: "review:read",
    summary: "One access review with every item: what was held, what is held, what was decided",
    params,
    response: r.ReviewWithItems,
  },
  "review.decide": {
    method: "POST",
    path: "/api/v1/access-reviews/:id/decisions",
    needs: "review:decide",
    summary: "Decide about items as they were shown: keep, revoke, or leave a person fewer roles",
    status: 204,
    params,
    body: r.ReviewDecide,
    response: "empty",
  },
  "review.close": {
    method: "POST",
    path: "/api/v1/access-reviews/:id/close",
    needs: "review:write",
    stepUp: "users",
    summary: "Close an access review: what was revoked ends now, all of it or nothing, once",
    params,
    response: r.ReviewWithItems,
  },
  "review.report": {
    method: "GET",
    path: "/api/v1/access-reviews/:id/report",
    needs: "review:read",
    summary: "The evidence: every item, who decided what and why, what came of it, and where the audit log says so",
    params,
    response: r.ReviewReport,
  },
  "review.reportCsv": {
    method: "GET",
    path: "/api/v1/access-reviews/:id/report.csv",
    needs: "review:read",
    summary: "The same as CSV (RFC 4180), for spreadsheets: no cell is taken for a formula",
    params,
    response: "text/plain",
  },
} as const satisfies Record<string, RouteDefinition>;
