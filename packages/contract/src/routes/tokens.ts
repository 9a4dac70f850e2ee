import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as t from "../schemas/tokens.ts";

export const tokenRoutes = {
  "oauth.token": {
    method: "POST",
    path: "/oauth/token",
    needs: "public",
    summary: "Access tokens for an API key (RFC 6749, form-encoded): client_credentials and refresh_token",
    body: "raw",
    form: t.TokenForm,
    response: t.TokenAnswer,
  },
  "oauth.revoke": {
    method: "POST",
    path: "/oauth/revoke",
    needs: "public",
    summary: "End a token and all that came from the same grant (RFC 7009, form-encoded)",
    body: "raw",
    form: t.RevocationForm,
    response: "empty",
  },
  "oauth.server": {
    method: "GET",
    path: "/.well-known/oauth-authorization-server",
    needs: "public",
    summary: "How to get tokens here (RFC 8414)",
    response: t.TokenServer,
  },
  "oauth.keys": {
    method: "GET",
    path: "/.well-known/jwks.json",
    needs: "public",
    summary: "Public keys of access tokens (RFC 7517)",
    response: t.PublicJwks,
  },
  "token.list": {
    method: "GET",
    path: "/api/v1/token-families",
    needs: "key:own",
    summary: "Tokens of one's own API keys, by what they came from",
    response: t.TokenFamilyList,
  },
  "token.listAll": {
    method: "GET",
    path: "/api/v1/token-families/all",
    needs: "key:read",
    summary: "Everybody's tokens, of people and of service accounts",
    response: t.TokenFamilyList,
  },
  "token.revoke": {
    method: "POST",
    path: "/api/v1/token-families/:id/revoke",
    needs: "key:own",
    summary: "End one's own tokens, or with key:write anybody's; the next request with one of them is refused",
    params: Type.Object({ id: IdSchema("tokenFamily") }),
    response: t.TokenFamily,
  },
  "tokenKey.list": {
    method: "GET",
    path: "/api/v1/token-keys",
    needs: "secret:read",
    summary: "Keys that access tokens are signed with",
    response: t.TokenKeyList,
  },
  "tokenKey.rotate": {
    method: "POST",
    path: "/api/v1/token-keys/rotate",
    needs: "secret:rotate",
    stepUp: "secrets",
    summary:
      "Make another key: it signs once verifiers had time to read it, or at once when the old one is compromised",
    body: t.TokenKeyRotate,
    response: t.TokenKey,
  },
} as const satisfies Record<string, RouteDefinition>;
