import { ERRORS, type ErrorCode, type Problem, type Refusal } from "@tyr/contract";
import type { FastifyReply } from "fastify";

/** RFC 9457 problem details. The status comes from the one table of errors, never from a handler. */
export function problemOf({ code, detail, facts }: Refusal, requestId: string): Problem {
  const [status, title, help] = ERRORS[code];
  // Facts first: none of them can take the place of a standard member.
  return { ...facts, type: `/docs/errors#${code}`, title, status, detail, code, help, requestId };
}

const JSON_TYPE = "application/json; charset=utf-8";

/** CrowdSec's clients know no problem details: 403 for every key that is not good, else a message. */
function sendCrowdsec(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const [status] = ERRORS[refusal.code];
  const forbidden = status === 401 || status === 403;
  const message = forbidden ? "access forbidden" : refusal.detail;
  return reply
    .code(forbidden ? 403 : status)
    .type(JSON_TYPE)
    .send(JSON.stringify({ message }));
}

/** RFC 6749 section 5.2, and 4.1.2.1 for what is not the client's fault. */
const OAUTH_ERRORS: Readonly<Partial<Record<ErrorCode, string>>> = {
  CLIENT_INVALID: "invalid_client",
  GRANT_INVALID: "invalid_grant",
  GRANT_TYPE_UNSUPPORTED: "unsupported_grant_type",
  SCOPE_INVALID: "invalid_scope",
  TOO_MANY_REQUESTS: "temporarily_unavailable",
  INTAKE_OVERLOADED: "temporarily_unavailable",
  DATABASE_UNAVAILABLE: "temporarily_unavailable",
  INTERNAL: "server_error",
};

function oauthError({ code, detail }: Refusal): Readonly<Record<string, string>> {
  return { error: OAUTH_ERRORS[code] ?? "invalid_request", error_description: detail.replaceAll(/[^ -~]|["\\]/g, "'") };
}

/** Which of RFC 7644's error types (table 9) a code is where the refusal names none. */
const SCIM_TYPES: Readonly<Partial<Record<ErrorCode, string>>> = {
  VALIDATION_FAILED: "invalidSyntax",
  NAME_TAKEN: "uniqueness",
};

/** RFC 7644 section 3.12. */
function sendScim(reply: FastifyReply, { code, detail, facts }: Refusal): FastifyReply {
  const [status] = ERRORS[code];
  const own = facts?.["scimType"];
  const scimType = typeof own === "string" ? own : SCIM_TYPES[code];
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"];
  const body = { schemas, status: String(status), ...(scimType === undefined ? {} : { scimType }), detail };
  return reply.code(status).type("application/scim+json; charset=utf-8").send(JSON.stringify(body));
}

export type Dialect = "problem" | "crowdsec" | "oauth" | "scim";

/** How refusals are said below a path. */
export function dialectOf(path: string): Dialect {
  if (path.startsWith("/scim/")) return "scim";
  if (path.startsWith("/oauth/")) return "oauth";
  return path.startsWith("/v1/") ? "crowdsec" : "problem";
}

export type RefusalPlace = Readonly<{
  requestId: string;
  dialect: Dialect;
  /** How to authenticate, for 401 (RFC 9110 section 11.6.1). */
  challenge: "Bearer" | "Basic";
}>;

export function sendRefusal(reply: FastifyReply, refusal: Refusal, place: RefusalPlace): FastifyReply {
  const retryAfter = refusal.facts?.["retryAfterSeconds"];
  if (typeof retryAfter === "number") reply.header("retry-after", String(Math.max(1, Math.ceil(retryAfter))));
  reply.header("cache-control", "no-store");
  if (place.dialect === "crowdsec") return sendCrowdsec(reply, refusal);
  const [status] = ERRORS[refusal.code];
  // RFC 6750 section 3.1: a client that reads this gets a new token instead of asking somebody.
  const error = refusal.code === "TOKEN_INVALID" ? ', error="invalid_token"' : "";
  if (status === 401) reply.header("www-authenticate", `${place.challenge} realm="tyr"${error}`);
  if (place.dialect === "scim") return sendScim(reply, refusal);
  const problem = problemOf(refusal, place.requestId);
  if (place.dialect === "oauth")
    return reply
      .code(status)
      .type(JSON_TYPE)
      .send(JSON.stringify(oauthError(refusal)));
  return reply.code(status).type("application/problem+json; charset=utf-8").send(JSON.stringify(problem));
}

/** A refusal where only throwing gets out: while a body is read. */
export class ThrownRefusal extends Error {
  override readonly name = "ThrownRefusal";
  readonly code: ErrorCode;
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.detail);
    this.code = refusal.code;
    this.refusal = refusal;
  }
}

const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "BODY_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "MEDIA_TYPE_UNSUPPORTED",
  FST_ERR_CTP_INVALID_JSON_BODY: "VALIDATION_FAILED",
  FST_ERR_CTP_EMPTY_JSON_BODY: "VALIDATION_FAILED",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "VALIDATION_FAILED",
  FST_ERR_CTP_EMPTY_TYPE: "MEDIA_TYPE_UNSUPPORTED",
  FST_ERR_BAD_URL: "VALIDATION_FAILED",
  FST_ERR_MAX_PARAM_LENGTH_EXCEEDED: "NOT_FOUND",
  FST_ERR_NOT_FOUND: "NOT_FOUND",
  FST_STATIC_FORBIDDEN_PATH: "NOT_FOUND",
  DATABASE_UNAVAILABLE: "DATABASE_UNAVAILABLE",
};

/**
 * PostgreSQL: connection exceptions and operator intervention (SQLSTATE classes 08 and 57P). A bare ECONNRESET is not
 * among them: the database room names its own failures, and a client that hangs up throws the same.
 */
const DATABASE_GONE = /^(08|57P)[0-9A-Z]{2,3}$/;
/** SQLSTATE class 22, data exceptions: something was asked that no column can hold. A route should have refused it. */
const DATA_REFUSED = /^22[0-9A-Z]{3}$/;

function stringMember(error: unknown, name: string): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : undefined;
}

/** A value the database refused, which the contract let through. */
export function isDataRefused(error: unknown): boolean {
  return DATA_REFUSED.test(stringMember(error, "code") ?? "");
}

type Limits = Readonly<{ bodyBytesMax: number }>;

function knownRefusal(code: ErrorCode, error: unknown, { bodyBytesMax: limit }: Limits): Refusal {
  if (code === "NOT_FOUND") return { code, detail: "nothing answers at this address" };
  if (code === "BODY_TOO_LARGE") return { code, detail: `the body is larger than ${limit} bytes`, facts: { limit } };
  if (code === "DATABASE_UNAVAILABLE")
    return { code, detail: "the database does not answer", facts: { retryAfterSeconds: 5 } };
  return { code, detail: stringMember(error, "message") ?? "the request cannot be read" };
}

/** Errors thrown while answering, as refusals. What is ours stays inside: only the code and a plain sentence go out. */
export function refusalOf(error: unknown, limits: Limits): Refusal {
  if (error instanceof ThrownRefusal) return error.refusal;
  if (isDataRefused(error))
    return { code: "VALIDATION_FAILED", detail: "the request holds a value that cannot be stored or searched for" };
  const thrown = stringMember(error, "code") ?? "";
  const code = DATABASE_GONE.test(thrown) ? "DATABASE_UNAVAILABLE" : FASTIFY_CODES[thrown];
  if (code !== undefined) return knownRefusal(code, error, limits);
  const status: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "statusCode") : undefined;
  if (error instanceof SyntaxError || status === 400)
    return { code: "VALIDATION_FAILED", detail: "the body is not valid JSON" };
  return { code: "INTERNAL", detail: "something broke while answering; the server's log has the cause" };
}
