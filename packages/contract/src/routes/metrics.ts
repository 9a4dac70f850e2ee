import type { RouteDefinition } from "../route.ts";

export const metricsRoutes = {
  "metrics.read": {
    method: "GET",
    path: "/api/v1/metrics",
    needs: "overview:read",
    summary:
      "Counters of detection in the text format of Prometheus: ids of rules and techniques only, nothing of what attackers send",
    response: "text/plain",
  },
} as const satisfies Record<string, RouteDefinition>;
