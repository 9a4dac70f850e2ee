import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as s from "../schemas/signatures.ts";

/** What people sign about actions, and the personal keys they sign with where no browser is. */
export const signatureRoutes = {
  "action.statement": {
    method: "POST",
    path: "/api/v1/actions/:id/statements",
    // As for changing one: the guards of what is to be stated say who may.
    needs: "action:read",
    summary: "Get the text to sign for approving, rejecting or withdrawing: good once, for five minutes",
    status: 201,
    params: Type.Object({ id: IdSchema("action") }),
    body: s.StatementRequest,
    response: s.ActionStatement,
  },
  "approvalKey.list": {
    method: "GET",
    path: "/api/v1/account/approval-keys",
    needs: "session:own",
    summary: "One's own keys to sign decisions with, those that ended too",
    response: s.ApprovalKeyList,
  },
  "approvalKey.add": {
    method: "POST",
    path: "/api/v1/account/approval-keys",
    needs: "session:own",
    stepUp: "secrets",
    summary: "Register the public half of a key to sign decisions with",
    status: 201,
    body: s.ApprovalKeyAdd,
    response: s.ApprovalKey,
  },
  "approvalKey.revoke": {
    method: "POST",
    path: "/api/v1/account/approval-keys/:id/revoke",
    needs: "session:own",
    // It takes approvals back: not for whoever finds a browser open.
    stepUp: "secrets",
    summary: "End one's own key; what it approved and has not run counts no more",
    params: Type.Object({ id: IdSchema("approvalKey") }),
    response: s.ApprovalKey,
  },
} as const satisfies Record<string, RouteDefinition>;
