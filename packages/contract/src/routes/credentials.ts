import type { RouteDefinition } from "../route.ts";
import { CredentialQuery, TriedCredentialPage } from "../schemas/credentials.ts";

export const credentialRoutes = {
  "credential.list": {
    method: "GET",
    path: "/api/v1/ttp/credentials",
    needs: "actor:read",
    summary: "Credentials attackers tried, by address and target, with hashes in place of secrets",
    query: CredentialQuery,
    response: TriedCredentialPage,
  },
} as const satisfies Record<string, RouteDefinition>;
