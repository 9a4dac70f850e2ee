import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import { Provider as OidcProvider } from "oidc-provider";

export const CLIENT_SECRET = "a-secret-of-some-length-for-tyr";

export type RealProvider = AsyncDisposable & Readonly<{ issuer: string }>;
type Registered = Readonly<{
  callback: string;
  afterLogout?: string;
  groupsOf: (login: string) => readonly string[];
}>;

/** For tests: a certified provider, as people run it, on loopback, with one client `tyr`. It takes any password. */
export async function startRealProvider({ callback, afterLogout, groupsOf }: Registered): Promise<RealProvider> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const client = { client_id: "tyr", client_secret: CLIENT_SECRET, redirect_uris: [callback] };
  const provider = new OidcProvider(issuer, {
    clients: [{ ...client, ...(afterLogout === undefined ? {} : { post_logout_redirect_uris: [afterLogout] }) }],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: "sig", alg: "RS256" }] },
    cookies: { keys: ["only for this test"] },
    claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, groups: [...groupsOf(id)] }),
    }),
  });
  const answer = provider.callback();
  server.on("request", (request, response) => void answer(request, response));
  return {
    issuer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
