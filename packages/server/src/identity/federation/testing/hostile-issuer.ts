import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from "jose";

type Key = Awaited<ReturnType<typeof generateKeyPair>>;
/** How one sign-in lies; what is left out is done right. */
export type Lie = Readonly<{
  claims?: Readonly<Record<string, unknown>>;
  without?: readonly string[];
  sign?: (payload: JWTPayload, issuer: HostileIssuer) => Promise<string>;
  /** What stands in the redirect beyond or instead of code, state and iss. */
  redirect?: Readonly<Record<string, string | undefined>>;
}>;
type Code = Readonly<{ nonce: string; challenge: string; lie: Lie; clientId: string; redirectUri: string }>;

/** For tests: an OpenID Connect provider that can be made to lie about anything. Loopback only, keys of its own. */
export class HostileIssuer {
  readonly #server: Server;
  readonly #codes = new Map<string, Code>();
  #keys: { kid: string; key: Key }[] = [];
  /** How often the keys were asked for. */
  keysAsked = 0;
  issuer = "";
  /** Claims of whoever signs in. */
  person: Record<string, unknown> = { sub: "eve-1", preferred_username: "eve", groups: ["soc"] };

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async start(): Promise<this> {
    await this.rotate();
    await new Promise<void>((resolve) => void this.#server.listen(0, "127.0.0.1", resolve));
    this.issuer = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => void this.#server.close(resolve));
  }

  /** New signing key; the ones before are no longer published. */
  async rotate(): Promise<void> {
    this.#keys = [{ kid: randomUUID(), key: await generateKeyPair("ES256") }];
  }

  get signing(): { kid: string; key: Key } {
    const [first] = this.#keys;
    if (first === undefined) throw new Error("not started");
    return first;
  }

  async sign(payload: JWTPayload): Promise<string> {
    const { kid, key } = this.signing;
    return await new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid }).sign(key.privateKey);
  }

  /** What a provider sends when somebody's session there ended. */
  async logoutToken(claims: JWTPayload, typ = "logout+jwt", by = this.signing): Promise<string> {
    const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
    const base = { iss: this.issuer, aud: "tyr", iat: Math.floor(Date.now() / 1_000), jti: randomUUID(), events };
    const payload = { ...base, ...claims };
    return await new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid: by.kid, typ }).sign(by.key.privateKey);
  }

  unsigned(payload: JWTPayload): string {
    return new UnsecuredJWT(payload).encode();
  }

  /** What a browser brings back from here after the person signed in. */
  authorize(url: string, lie: Lie = {}): string {
    const asked = new URL(url).searchParams;
    const part = (name: string): string => asked.get(name) ?? "";
    const code = randomUUID();
    const [nonce, challenge] = [part("nonce"), part("code_challenge")];
    this.#codes.set(code, { nonce, challenge, lie, clientId: part("client_id"), redirectUri: part("redirect_uri") });
    const back = { code, state: part("state"), iss: this.issuer, ...lie.redirect };
    const kept = Object.entries(back).filter((pair): pair is [string, string] => pair[1] !== undefined);
    return new URLSearchParams(kept).toString();
  }

  #published(): Record<string, unknown> {
    const at = (path: string): string => `${this.issuer}${path}`;
    return {
      issuer: this.issuer,
      authorization_endpoint: at("/authorize"),
      token_endpoint: at("/token"),
      jwks_uri: at("/keys"),
      end_session_endpoint: at("/end"),
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256"],
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
    };
  }

  async #token(request: IncomingMessage): Promise<[number, unknown]> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const code = this.#codes.get(form.get("code") ?? "");
    this.#codes.delete(form.get("code") ?? "");
    const verifier = form.get("code_verifier") ?? "";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    if (code === undefined || challenge !== code.challenge || form.get("redirect_uri") !== code.redirectUri)
      return [400, { error: "invalid_grant" }];
    const now = Math.floor(Date.now() / 1_000);
    const times = { iat: now, exp: now + 300, auth_time: now };
    const base = { ...this.person, iss: this.issuer, aud: code.clientId, nonce: code.nonce, ...times };
    const all: Record<string, unknown> = { ...base, ...code.lie.claims };
    for (const name of code.lie.without ?? []) delete all[name];
    const sign = code.lie.sign ?? (async (payload) => await this.sign(payload));
    return [200, { access_token: "opaque", token_type: "Bearer", expires_in: 60, id_token: await sign(all, this) }];
  }

  async #keysPublished(): Promise<[number, unknown]> {
    this.keysAsked += 1;
    const keys = this.#keys.map(async ({ kid, key }) => ({
      ...(await exportJWK(key.publicKey)),
      kid,
      use: "sig",
      alg: "ES256",
    }));
    return [200, { keys: await Promise.all(keys) }];
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body] =
      request.url === "/.well-known/openid-configuration"
        ? [200, this.#published()]
        : request.url === "/keys"
          ? await this.#keysPublished()
          : await this.#token(request);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }
}
