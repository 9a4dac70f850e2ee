import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as g from "../schemas/govern.ts";
import * as p from "../schemas/policy.ts";

const backtestParams = Type.Object({ id: IdSchema("policyBacktest") });

/** The life of policies. Only `publish` and `rollback` change anything, and what they make is an action others approve. */
export const policyRoutes = {
  "policy.versions": {
    method: "GET",
    path: "/api/v1/policy/versions",
    needs: "policy:read",
    summary: "Bundles that were ever stored, and when each came into force",
    response: p.PolicyVersionList,
  },
  "policy.version": {
    method: "GET",
    path: "/api/v1/policy/versions/:digest",
    needs: "policy:read",
    summary: "One stored bundle: its files, manifest and signature",
    params: Type.Object({ digest: p.BundleDigest }),
    response: p.PolicyVersionDetail,
  },
  "policy.validate": {
    method: "POST",
    path: "/api/v1/policy/validate",
    needs: "policy:write",
    summary: "Check a bundle without storing it: does it load, strictly; is it formatted, tested, covered",
    body: p.PolicyDraft,
    response: p.PolicyCheck,
  },
  "policy.test": {
    method: "POST",
    path: "/api/v1/policy/test",
    needs: "policy:write",
    summary: "The same, with the decision every example got",
    body: p.PolicyChoice,
    response: p.PolicyTest,
  },
  "policy.diff": {
    method: "POST",
    path: "/api/v1/policy/diff",
    needs: "policy:write",
    summary: "What differs between two bundles, policy by policy, and whether it loosens anything",
    body: p.PolicyDiffBody,
    response: p.PolicyDiff,
  },
  "policy.publish": {
    method: "POST",
    path: "/api/v1/policy/publish",
    needs: "policy:write",
    summary: "Store a bundle whose checks are green, and ask for it to come into force",
    status: 201,
    body: p.PolicyPublish,
    response: g.Action,
  },
  "policy.rollback": {
    method: "POST",
    path: "/api/v1/policy/rollback",
    needs: "policy:write",
    summary: "Ask for a bundle that was in force before to come into force again",
    status: 201,
    body: p.PolicyRollback,
    response: g.Action,
  },
  "policy.explain": {
    method: "POST",
    path: "/api/v1/policy/explain",
    needs: "policy:read",
    summary: "Why a stored decision came out as it did, policy by policy",
    body: p.PolicyExplainBody,
    response: p.PolicyExplanation,
  },
  "policyBacktest.create": {
    method: "POST",
    path: "/api/v1/policy/backtests",
    needs: "policy:write",
    summary: "Ask a bundle about the stored decisions of so many days, in the background; nothing is stored",
    status: 202,
    body: p.PolicyBacktestNew,
    response: p.PolicyBacktest,
  },
  "policyBacktest.list": {
    method: "GET",
    path: "/api/v1/policy/backtests",
    needs: "policy:read",
    summary: "Backtests of policies since the start of the server, newest first",
    response: p.PolicyBacktestList,
  },
  "policyBacktest.get": {
    method: "GET",
    path: "/api/v1/policy/backtests/:id",
    needs: "policy:read",
    summary: "How far a backtest of policies is, and what it found",
    params: backtestParams,
    response: p.PolicyBacktest,
  },
  "policyBacktest.cancel": {
    method: "DELETE",
    path: "/api/v1/policy/backtests/:id",
    needs: "policy:write",
    summary: "End a backtest of policies; what it found so far stays to be read",
    params: backtestParams,
    response: p.PolicyBacktest,
  },
} as const satisfies Record<string, RouteDefinition>;
