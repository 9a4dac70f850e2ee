import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as k from "../schemas/keys.ts";

const keyId = Type.Object({ id: IdSchema("key") });
const serviceId = Type.Object({ id: IdSchema("serviceAccount") });

export const keyRoutes = {
  "key.list": {
    method: "GET",
    path: "/api/v1/keys",
    needs: "key:own",
    summary: "One's own API keys",
    response: k.ApiKeyList,
  },
  "key.listAll": {
    method: "GET",
    path: "/api/v1/keys/all",
    needs: "key:read",
    summary: "Everybody's API keys, of people and of service accounts",
    response: k.ApiKeyList,
  },
  "key.create": {
    method: "POST",
    path: "/api/v1/keys",
    needs: "key:own",
    stepUp: "secrets",
    summary: "Make an API key that acts as oneself, within one's own permissions",
    status: 201,
    body: k.KeyCreate,
    response: k.ApiKeyMade,
  },
  "key.rotate": {
    method: "POST",
    path: "/api/v1/keys/:id/rotate",
    needs: "key:own",
    stepUp: "secrets",
    summary: "Make a new secret for one's own key, or with key:write for a service account's",
    params: keyId,
    body: k.KeyRotate,
    response: k.ApiKeyMade,
  },
  "key.revoke": {
    method: "POST",
    path: "/api/v1/keys/:id/revoke",
    needs: "key:own",
    summary: "End one's own key, or with key:write anybody's; the next request with it is refused",
    params: keyId,
    response: k.ApiKey,
  },
  "serviceAccount.list": {
    method: "GET",
    path: "/api/v1/service-accounts",
    needs: "key:read",
    summary: "Service accounts and who answers for them",
    response: k.ServiceAccountList,
  },
  "serviceAccount.create": {
    method: "POST",
    path: "/api/v1/service-accounts",
    needs: "key:write",
    stepUp: "secrets",
    summary: "Make a service account; without an owner it is one's own",
    status: 201,
    body: k.ServiceAccountCreate,
    response: k.ServiceAccount,
  },
  "serviceAccount.change": {
    method: "PATCH",
    path: "/api/v1/service-accounts/:id",
    needs: "key:write",
    stepUp: "secrets",
    summary: "Give a service account to another owner, or disable it: disabling revokes its keys",
    params: serviceId,
    body: k.ServiceAccountChange,
    response: k.ServiceAccount,
  },
  "serviceAccount.createKey": {
    method: "POST",
    path: "/api/v1/service-accounts/:id/keys",
    needs: "key:write",
    stepUp: "secrets",
    summary: "Make an API key that acts as a service account, within one's own permissions",
    status: 201,
    params: serviceId,
    body: k.KeyCreate,
    response: k.ApiKeyMade,
  },
} as const satisfies Record<string, RouteDefinition>;
