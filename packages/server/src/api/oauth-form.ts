import type { IncomingHttpHeaders } from "node:http";
import { ok, refuse, type Refused, type Result } from "@tyr/contract";

/** Parameters by name, and who asks: `undefined` when nobody says. */
export type OauthForm = Readonly<{
  get(name: string): string | undefined;
  client: Readonly<{ id: string; secret: string }>;
}>;

/** Requests have some hundred bytes; an access token to revoke four thousand. */
const BYTES_MAX = 16 * 1_024;
const MEDIA_TYPE = /^application\/x-www-form-urlencoded *(;|$)/i;

const badForm = (detail: string): Refused => refuse("VALIDATION_FAILED", detail);
const nobody = (detail: string): Refused => refuse("CLIENT_INVALID", detail);

/** Each parameter once; one without a value counts as left out (RFC 6749 section 3.2). */
function readParameters(body: Uint8Array): Result<ReadonlyMap<string, string>> {
  const given = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(Buffer.from(body).toString("utf8"))) {
    if (given.has(name)) return badForm("a parameter is given twice");
    given.set(name, value);
  }
  return ok(new Map([...given].filter(([, value]) => value !== "")));
}

function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

/** `client_secret_basic`: both parts are form-encoded before they are joined (RFC 6749 section 2.3.1). */
function readBasic(authorization: string): OauthForm["client"] | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1];
  const text = Buffer.from(encoded ?? "", "base64").toString("utf8");
  const at = text.indexOf(":");
  const id = formDecoded(text.slice(0, Math.max(at, 0)));
  const secret = formDecoded(text.slice(at + 1));
  return id === undefined || secret === undefined || id === "" || secret === "" ? undefined : { id, secret };
}

function readClient(
  { authorization }: IncomingHttpHeaders,
  given: ReadonlyMap<string, string>,
): Result<OauthForm["client"]> {
  const [id, secret] = [given.get("client_id"), given.get("client_secret")];
  if (authorization === undefined) {
    if (id === undefined || secret === undefined) return nobody("client_id and client_secret are missing");
    return ok({ id, secret });
  }
  if (secret !== undefined) return badForm("the client authenticates in two ways at once");
  const basic = readBasic(authorization);
  if (basic === undefined) return nobody("the Authorization header is not one of Basic with an id and a secret");
  return id === undefined || id === basic.id ? ok(basic) : badForm("two different clients are named");
}

/**
 * Reads a request to the token or the revocation endpoint. Who asks is looked at last, so that a malformed request is
 * told as such. Refusals `MEDIA_TYPE_UNSUPPORTED`, `VALIDATION_FAILED`, `CLIENT_INVALID`.
 *
 * @param needed a parameter there has to be
 */
export function readOauthForm(body: Uint8Array, headers: IncomingHttpHeaders, needed: string): Result<OauthForm> {
  if (!MEDIA_TYPE.test(headers["content-type"] ?? ""))
    return refuse("MEDIA_TYPE_UNSUPPORTED", "this takes application/x-www-form-urlencoded");
  if (body.length > BYTES_MAX) return badForm(`the form is longer than ${BYTES_MAX} bytes`);
  const given = readParameters(body);
  if (!given.ok) return given;
  if (!given.value.has(needed)) return badForm(`${needed} is missing`);
  const client = readClient(headers, given.value);
  if (!client.ok) return client;
  return ok({ get: (name) => given.value.get(name), client: client.value });
}
