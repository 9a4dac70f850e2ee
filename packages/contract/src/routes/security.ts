import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import { StorableText } from "../schemas/basics.ts";
import * as s from "../schemas/security.ts";

const actionParams = Type.Object({ id: IdSchema("action") });
const policyEdit = {
  needs: "settings:write",
  stepUp: "defence",
  programsUnproved: true,
  body: s.SecurityPolicyEdit,
  response: s.SecurityPolicy,
} as const;
const actionUpdate = {
  needs: "action:approve",
  stepUp: "approve",
  params: actionParams,
  body: s.SecurityActionUpdate,
  response: s.SecurityAction,
} as const;

/** The security API in its original words, over the same actions, blocks and settings, with the same permissions. */
export const securityRoutes = {
  "security.policy": {
    method: "GET",
    path: "/security/policy",
    needs: "policy:read",
    summary: "Security API: the settings",
    response: s.SecurityPolicy,
  },
  "security.policyEdit": {
    method: "POST",
    path: "/security/policy",
    summary: "Security API: change settings; what is left out or null stays",
    ...policyEdit,
  },
  "security.policyPut": {
    method: "PUT",
    path: "/security/policy",
    summary: "Security API: as POST, under the method its description names",
    ...policyEdit,
  },
  "security.blocks": {
    method: "GET",
    path: "/security/policy/blocks",
    needs: "block:read",
    summary: "Security API: blocks, newest first, at most 500",
    query: Type.Object({ active_only: Type.Optional(Type.Enum(["true", "false", "1", "0"])) }),
    response: s.SecurityBlocks,
  },
  "security.blockCreate": {
    method: "POST",
    path: "/security/policy/blocks",
    needs: "action:request",
    summary: "Security API: ask for a block; policy decides who must approve",
    body: s.SecurityBlockCreate,
    response: s.SecurityBlock,
  },
  "security.blockDeactivate": {
    method: "POST",
    path: "/security/policy/blocks/:id/deactivate",
    needs: "action:revert",
    stepUp: "defence",
    programsUnproved: true,
    summary: "Security API: lift a block before its end",
    params: Type.Object({ id: StorableText(64) }),
    response: s.SecurityBlock,
  },
  "security.actions": {
    method: "GET",
    path: "/security/actions",
    needs: "action:read",
    summary: "Security API: actions, newest first, at most 50",
    query: Type.Object({ status: Type.Optional(s.SecurityStatus) }),
    response: s.SecurityActions,
  },
  "security.actionCreate": {
    method: "POST",
    path: "/security/actions",
    needs: "action:request",
    summary: "Security API: ask for an action; policy decides who must approve",
    body: s.SecurityActionCreate,
    response: s.SecurityAction,
  },
  "security.action": {
    method: "GET",
    path: "/security/actions/:id",
    needs: "action:read",
    summary: "Security API: one action",
    params: actionParams,
    response: s.SecurityAction,
  },
  "security.actionUpdate": {
    method: "POST",
    path: "/security/actions/:id",
    summary: "Security API: says how to approve or reject; only somebody's signature does",
    ...actionUpdate,
  },
  "security.actionPut": {
    method: "PUT",
    path: "/security/actions/:id",
    summary: "Security API: as POST",
    ...actionUpdate,
  },
} as const satisfies Record<string, RouteDefinition>;
