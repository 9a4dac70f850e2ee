import { lookup } from "node:dns/promises";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isLoopback, mayReach, type Reach } from "./reach.ts";
import { signWebhook, type WebhookSecret } from "./sign-webhook.ts";

/** Where messages go. The path of the address is as secret as a password (Slack's are): nothing here tells it. */
export type WebhookPlace = Readonly<{ url: URL; secrets: readonly WebhookSecret[]; reach: Reach }>;
export type WebhookMessage = Readonly<{ id: string; body: string }>;
/** Words of ours; what a receiver answered is never repeated. */
export type WebhookFailure =
  | "address_refused"
  | "connection_failed"
  | "name_not_found"
  | "redirected"
  | "status_refused"
  | "timed_out"
  | "tls_failed";
export type Sent =
  | Readonly<{ ok: true; status: number }>
  | Readonly<{
      ok: false;
      failure: WebhookFailure;
      status?: number;
      retryAfterMs?: number;
      /** The receiver says that this very message will never do. */
      isFinal: boolean;
    }>;
type Address = Readonly<{ address: string; family: number }>;
/** How names become addresses: the system's resolver, or what a test puts in its place. */
export type Resolve = (host: string) => Promise<readonly Address[]>;
export type SendOptions = Readonly<{ now: Date; signal: AbortSignal; resolve?: Resolve; timeoutMs?: number }>;

/** For all of it: the name, the connection, the message and the status. */
const TIMEOUT_MS = 10_000;
/** Nobody is left alone longer than this on a receiver's word. */
const RETRY_AFTER_MAX_S = 3_600;
/** Malformed, too large, or not to be understood: the same bytes will not be better later. */
const FINAL = new Set([400, 413, 415, 422]);

const bySystem: Resolve = async (host) => await lookup(host, { all: true, verbatim: true });

function failed(failure: WebhookFailure, more: Readonly<{ status?: number; retryAfterMs?: number }> = {}): Sent {
  return { ok: false, failure, isFinal: more.status !== undefined && FINAL.has(more.status), ...more };
}

function failureOf(error: unknown): WebhookFailure {
  const { name, code } = error as Readonly<{ name?: string; code?: unknown }>;
  if (name === "AbortError" || name === "TimeoutError" || code === "ABORT_ERR") return "timed_out";
  const said = typeof code === "string" ? code : "";
  if (["ENOTFOUND", "EAI_AGAIN", "ENODATA"].includes(said)) return "name_not_found";
  return /CERT|TLS|SSL|SIGNATURE|ISSUER|CHAIN/.test(said) ? "tls_failed" : "connection_failed";
}

/** Waits no longer than the signal: a resolver that hangs cannot be stopped, only left. */
async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

const bare = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1");

/** Somebody who writes a loopback address, or localhost, means this machine; a name that only leads there may be anybody's. */
function reachOf({ url, reach }: WebhookPlace): (address: string) => boolean {
  const host = bare(url);
  if (host !== "localhost" && !isLoopback(host)) return (address) => mayReach(address, reach);
  return isLoopback;
}

/** The addresses a connection may go to: resolved once, checked, and those are what is connected to. */
async function pinned(place: WebhookPlace, resolve: Resolve): Promise<readonly Address[]> {
  const host = bare(place.url);
  const family = isIP(host);
  const found = family === 0 ? await resolve(host) : [{ address: host, family }];
  return found.filter(({ address }) => reachOf(place)(address));
}

/** A resolver that knows one answer: what was checked is what is connected to, whatever the name says by now. */
function answering(addresses: readonly Address[]): LookupFunction {
  return (_host, { all }, done) => {
    const [first] = addresses;
    if (all === true) done(null, [...addresses]);
    else done(null, first?.address ?? "", first?.family);
  };
}

function retryAfterMs(header: string | undefined): Readonly<{ retryAfterMs?: number }> {
  if (header === undefined || !/^\d{1,6}$/.test(header)) return {};
  return { retryAfterMs: Math.min(Number(header), RETRY_AFTER_MAX_S) * 1_000 };
}

type Posting = Readonly<{ place: WebhookPlace; message: WebhookMessage; addresses: readonly Address[] }>;

/** Sends it and reads the head of the answer; not one byte of its body is kept. */
async function post({ place, message, addresses }: Posting, { now, signal }: SendOptions): Promise<Sent> {
  const { url, secrets } = place;
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  const { promise, resolve, reject } = Promise.withResolvers<Sent>();
  const sending = request(url, {
    method: "POST",
    agent: false,
    lookup: answering(addresses),
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    signal,
    headers: {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(message.body),
      "user-agent": "tyr",
      ...signWebhook(message, { secrets, now }),
    },
  });
  sending.once("error", reject);
  // Asked for by nobody, and told by no other event: a receiver that answers so would be waited for without end.
  sending.once("upgrade", ({ statusCode: status = 101 }, socket) => {
    socket.destroy();
    resolve(failed("status_refused", { status }));
  });
  sending.once("close", () => reject(new Error("the connection was closed without an answer")));
  sending.once("response", (response) => {
    const status = response.statusCode ?? 0;
    response.once("error", () => undefined).destroy();
    if (status >= 200 && status < 300) resolve({ ok: true, status });
    else if (status >= 300 && status < 400) resolve(failed("redirected", { status }));
    else resolve(failed("status_refused", { status, ...retryAfterMs(response.headers["retry-after"]) }));
  });
  sending.end(message.body);
  return await promise;
}

/**
 * Sends one signed message, once. Never throws for what a network or a receiver does; redirects are not followed, names are
 * resolved once and only to addresses that may be reached, certificates are checked.
 *
 * @throws the reason of `signal`, when that ends it
 */
export async function sendWebhook(place: WebhookPlace, message: WebhookMessage, options: SendOptions): Promise<Sent> {
  const { resolve = bySystem, timeoutMs = TIMEOUT_MS } = options;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const addresses = await within(pinned(place, resolve), signal);
    if (addresses.length === 0) return failed("address_refused");
    return await within(post({ place, message, addresses }, { ...options, signal }), signal);
  } catch (error) {
    options.signal.throwIfAborted();
    return failed(failureOf(error));
  }
}
