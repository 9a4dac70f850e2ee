import type { RouteDefinition } from "../route.ts";
import { ReasonBody } from "../schemas/govern.ts";
import * as s from "../schemas/secrets.ts";

export const secretRoutes = {
  "secret.keys": {
    method: "GET",
    path: "/api/v1/secrets/keys",
    needs: "secret:read",
    summary: "Key-encryption keys by name, and how many secrets each holds",
    response: s.SecretKeyList,
  },
  "secret.rotate": {
    method: "POST",
    path: "/api/v1/secrets/rotate",
    needs: "secret:rotate",
    stepUp: "secrets",
    summary: "Put another key-encryption key in force; every secret follows in the background",
    body: ReasonBody,
    response: s.SecretKeyActivated,
  },
} as const satisfies Record<string, RouteDefinition>;
