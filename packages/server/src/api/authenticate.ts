import type { IncomingHttpHeaders } from "node:http";
import { ok, refuse, type Permission, type Result } from "@tyr/contract";
import {
  anonymous,
  looksLikeKey,
  looksLikeToken,
  type ApiKeyCheck,
  type Caller,
  type Identity,
  type KeyCheck,
  type TokenCheck,
} from "#identity";
import type { SessionCookie } from "./cookie.ts";

type Needs = Permission | "public";
export type Authenticated = Readonly<{ caller: Caller; by: "nothing" | "cookie" | "bearer" | "key" }>;
/** Where a request comes from and how it is called in the logs: an API key may count from some networks only. */
type Sent = Readonly<{ headers: IncomingHttpHeaders; address: string; requestId: string }>;
/** Refusals `NOT_AUTHENTICATED`, `KEY_INVALID`, `TOKEN_INVALID`. */
export type Authenticate = (sent: Sent, needs: Needs) => Promise<Result<Authenticated>>;

export type AuthenticateDeps = Readonly<{
  identity: Pick<Identity, "authenticate">;
  cookie: SessionCookie;
  findSensor: KeyCheck;
  findEnforcer: KeyCheck;
  findApiKey: ApiKeyCheck;
  findToken: TokenCheck;
}>;

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What `Authorization` holds for a scheme. */
export function credentialsOf(headers: IncomingHttpHeaders, scheme: "bearer" | "basic"): string | undefined {
  const match = /^([A-Za-z]+) +([^\s]+)$/.exec(headers.authorization ?? "");
  return match?.[1]?.toLowerCase() === scheme ? match[2] : undefined;
}

/** Firewalls that fetch lists know Basic at most; the key is the password, the name is for people. */
function basicPassword(headers: IncomingHttpHeaders): string | undefined {
  const text = Buffer.from(credentialsOf(headers, "basic") ?? "", "base64").toString("utf8");
  const at = text.indexOf(":");
  return at < 0 ? undefined : one(text.slice(at + 1));
}

/** A key counts only where its kind is asked for: anywhere else the session decides. */
export function keyOf(headers: IncomingHttpHeaders, needs: Needs): string | undefined {
  if (needs === "event:write") return one(headers["x-tyr-key"]) ?? one(headers["x-honeypot-key"]);
  if (needs === "block:enforce") return one(headers["x-api-key"]) ?? basicPassword(headers);
  return undefined;
}

async function byKey(deps: AuthenticateDeps, key: string, needs: Needs): Promise<Result<Authenticated>> {
  const caller = await (needs === "event:write" ? deps.findSensor(key) : deps.findEnforcer(key));
  if (caller === undefined) return refuse("KEY_INVALID", "the key is unknown, rotated or deactivated");
  return ok({ caller, by: "key" });
}

type Bearer = Readonly<{ token: string; isCookie: boolean }>;

function bearerOf(headers: IncomingHttpHeaders, cookie: SessionCookie): Bearer | undefined {
  const bearer = credentialsOf(headers, "bearer");
  const token = bearer ?? cookie.read(headers.cookie);
  return token === undefined ? undefined : { token, isCookie: bearer === undefined };
}

/** Finds out who calls: by key where the route is for keys, else by bearer token (a session's, an API key or an access token), else by cookie. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  return async ({ headers, address, requestId }, needs) => {
    if (needs === "public") return ok({ caller: anonymous, by: "nothing" });
    const key = keyOf(headers, needs);
    if (key !== undefined) return await byKey(deps, key, needs);
    const sent = bearerOf(headers, deps.cookie);
    if (sent === undefined) return refuse("NOT_AUTHENTICATED", "this needs a signed-in person or a key");
    const { token, isCookie } = sent;
    const find = looksLikeKey(token) ? deps.findApiKey : looksLikeToken(token) ? deps.findToken : undefined;
    if (!isCookie && find !== undefined) {
      const found = await find(token, { address, requestId });
      return found.ok ? ok({ caller: found.value, by: "bearer" }) : found;
    }
    const caller = await deps.identity.authenticate(token, headers["x-tyr-unattended"] === "1" ? "page" : "person");
    if (caller === undefined) return refuse("NOT_AUTHENTICATED", "the session is unknown or has ended");
    return ok({ caller, by: isCookie ? "cookie" : "bearer" });
  };
}
