import type { RouteDefinition } from "../route.ts";
import * as a from "../schemas/audit.ts";
import * as w from "../schemas/witness.ts";

export const auditRoutes = {
  "audit.events": {
    method: "GET",
    path: "/api/v1/security/audit/events",
    needs: "audit:read",
    summary:
      "Search the audit log, newest first: entries that have their place, so that pages hold still while others arrive. A page may hold fewer entries than asked for, or none, and still name the next",
    query: a.AuditSearchQuery,
    response: a.AuditSearchPage,
  },
  "audit.metrics": {
    method: "GET",
    path: "/api/v1/security/audit/metrics",
    needs: "audit:read",
    summary: "Counts of entries over the last day, week, month or quarter, and what stands out",
    query: a.AuditMetricsQuery,
    response: a.AuditMetrics,
  },
  "audit.rotateKey": {
    method: "POST",
    path: "/api/v1/audit/rotate-key",
    needs: "secret:rotate",
    stepUp: "secrets",
    summary: "Put a new signing key of the audit log in force; the old one signs along for a while",
    body: w.LogKeyChange,
    response: w.LogKeyChanged,
  },
} as const satisfies Record<string, RouteDefinition>;
