import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as f from "../schemas/federation.ts";
import * as t from "../schemas/trust.ts";

const ofUser = Type.Object({ id: IdSchema("subject") });

export const federationRoutes = {
  "sso.providers": {
    method: "GET",
    path: "/api/v1/sso",
    needs: "public",
    summary: "Other systems one can sign in with",
    response: f.ProviderList,
  },
  "sso.begin": {
    method: "POST",
    path: "/api/v1/sso/:provider/begin",
    needs: "public",
    summary: "Begin to sign in with another system",
    params: Type.Object({ provider: f.ProviderId }),
    body: f.SsoBegin,
    response: f.SsoBegun,
  },
  "sso.finish": {
    method: "POST",
    path: "/api/v1/sso/:provider/finish",
    needs: "public",
    summary: "Sign in with what the other system sent back",
    status: 201,
    params: Type.Object({ provider: f.ProviderId }),
    body: f.SsoAnswer,
    response: t.Session,
  },
  "sso.logout": {
    method: "POST",
    path: "/api/v1/sso/logout",
    needs: "session:own",
    beforeSecondFactor: true,
    summary: "Sign out, and learn where the other system ends its own session",
    response: f.SsoEnd,
  },
  "sso.ended": {
    method: "POST",
    path: "/api/v1/sso/:provider/backchannel-logout",
    needs: "public",
    summary: "For providers: says with a signed logout token whose session there ended",
    params: Type.Object({ provider: f.ProviderId }),
    body: "raw",
    response: "empty",
  },
  "sso.links": {
    method: "GET",
    path: "/api/v1/users/:id/identities",
    needs: "user:read",
    summary: "Who a user is at other systems",
    params: ofUser,
    response: f.IdentityLinkList,
  },
  "sso.link": {
    method: "POST",
    path: "/api/v1/users/:id/identities",
    needs: "user:write",
    stepUp: "users",
    summary: "Let somebody of another system sign in as a user",
    status: 201,
    params: ofUser,
    body: f.IdentityLinkCreate,
    response: f.IdentityLink,
  },
  "sso.unlink": {
    method: "DELETE",
    path: "/api/v1/users/:id/identities/:provider",
    needs: "user:write",
    stepUp: "users",
    summary: "End that link; the user's sessions end too",
    status: 204,
    params: Type.Object({ id: IdSchema("subject"), provider: f.ProviderId }),
    response: "empty",
  },
} as const satisfies Record<string, RouteDefinition>;
