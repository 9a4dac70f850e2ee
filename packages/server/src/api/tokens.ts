import { KEY_SCOPES, OFFLINE_ACCESS, ok, refuse, type SubjectId, type TokenServer } from "@tyr/contract";
import { JWKS_KEPT_SECONDS, type Tokens } from "#identity";
import type { Call, Handlers } from "./handler.ts";
import { readOauthForm } from "./oauth-form.ts";

type OauthRoutes = Extract<keyof Handlers, `oauth.${string}`>;
type TokenRoutes = Extract<keyof Handlers, `token.${string}` | `tokenKey.${string}`>;

const AUTH_METHODS = ["client_secret_basic", "client_secret_post"];
const PUBLIC_CACHE = `public, max-age=${JWKS_KEPT_SECONDS}`;

/** RFC 8414. Clients take the addresses from here. */
function serverOf(issuer: string): TokenServer {
  return {
    issuer,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: [...KEY_SCOPES, OFFLINE_ACCESS],
    // Required by RFC 8414; there is no authorization endpoint, so nothing is answered there.
    response_types_supported: [],
    grant_types_supported: ["client_credentials", "refresh_token"],
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
  };
}

function oauthHandlers(tokens: Tokens): Pick<Handlers, OauthRoutes> {
  return {
    "oauth.token": async ({ body }, { headers, address, requestId, setHeader }) => {
      const form = readOauthForm(body, headers, "grant_type");
      if (!form.ok) return form;
      const { get, client } = form.value;
      const asked = { client, scope: get("scope"), address, requestId };
      const grant = get("grant_type");
      setHeader("pragma", "no-cache");
      if (grant === "client_credentials") return await tokens.issue(asked);
      if (grant !== "refresh_token") return refuse("GRANT_TYPE_UNSUPPORTED", "the grant type is not one of ours");
      const token = get("refresh_token");
      if (token === undefined) return refuse("VALIDATION_FAILED", "refresh_token is missing");
      return await tokens.refresh(token, asked);
    },
    "oauth.revoke": async ({ body }, { headers, address, requestId }) => {
      const form = readOauthForm(body, headers, "token");
      if (!form.ok) return form;
      const { get, client } = form.value;
      return await tokens.revokeToken(get("token") ?? "", { client, address, requestId });
    },
    "oauth.server": async (_input, { setHeader }) => {
      setHeader("cache-control", PUBLIC_CACHE);
      return ok(serverOf(tokens.issuer));
    },
    "oauth.keys": async (_input, { setHeader }) => {
      setHeader("cache-control", PUBLIC_CACHE);
      return ok(await tokens.publishedKeys());
    },
  };
}

const byOf = ({ caller, requestId }: Call) => ({ caller, requestId });

export function tokenHandlers(tokens: Tokens): Pick<Handlers, OauthRoutes | TokenRoutes> {
  return {
    ...oauthHandlers(tokens),
    "token.list": async (_input, { caller }) => ok({ items: [...(await tokens.list(caller.actor.id as SubjectId))] }),
    "token.listAll": async () => ok({ items: [...(await tokens.list("everybody"))] }),
    "token.revoke": async ({ params }, call) => await tokens.revoke(params.id, byOf(call)),
    "tokenKey.list": async () => ok({ items: [...(await tokens.listKeys())] }),
    "tokenKey.rotate": async ({ body }, { caller, requestId }) =>
      await tokens.rotateKey({ ...body, actor: caller.actor, requestId }),
  };
}
