import { Type } from "typebox";
import type { RouteDefinition } from "../route.ts";
import * as r from "../schemas/roles.ts";

const roleName = Type.Object({ name: r.CustomRoleName });

export const roleRoutes = {
  "role.list": {
    method: "GET",
    path: "/api/v1/roles",
    needs: "user:read",
    summary: "Roles, built in and custom: their permissions, and how many hold them",
    response: r.RoleList,
  },
  "role.create": {
    method: "POST",
    path: "/api/v1/roles",
    needs: "role:write",
    stepUp: "users",
    summary: "Make a role of permissions that one holds oneself",
    status: 201,
    body: r.RoleCreate,
    response: r.RoleView,
  },
  "role.change": {
    method: "PATCH",
    path: "/api/v1/roles/:name",
    needs: "role:write",
    stepUp: "users",
    summary: "Change a custom role; its holders have the new permissions from their next request",
    params: roleName,
    body: r.RoleChange,
    response: r.RoleView,
  },
  "role.delete": {
    method: "DELETE",
    path: "/api/v1/roles/:name",
    needs: "role:write",
    stepUp: "users",
    summary: "Delete a custom role nobody holds; its name is not used again",
    status: 204,
    params: roleName,
    response: "empty",
  },
} as const satisfies Record<string, RouteDefinition>;
