import { isIP } from "node:net";
import type { IncomingHttpHeaders } from "node:http";
import { refuse, type Refused } from "@tyr/contract";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

function originFits(origin: string, host: string | undefined, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false;
  const given = new URL(origin);
  return given.origin === new URL(publicUrl).origin || given.host === host;
}

/**
 * Whether a browser sent this from our own pages: Sec-Fetch-Site where it is sent, else Origin (OWASP CSRF prevention).
 *
 * @param unknown what to think of a request with neither header: programs send none, and so did very old browsers
 */
function isOwn(headers: IncomingHttpHeaders, publicUrl: string, unknown: boolean): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  const { origin, host } = headers;
  return origin === undefined ? unknown : originFits(origin, host, publicUrl);
}

export type Sender = Readonly<{ method: string; headers: IncomingHttpHeaders; publicUrl: string; byCookie: boolean }>;

/**
 * Refuses what another site makes a browser send: every change carried by the cookie, and signing in or setting up in
 * somebody's browser. Bearer tokens and keys are not sent by browsers on their own, so they pass.
 */
export function refuseCrossSite({ method, headers, publicUrl, byCookie }: Sender): Refused | undefined {
  if (SAFE_METHODS.has(method) || isOwn(headers, publicUrl, !byCookie)) return undefined;
  return refuse("CROSS_SITE_REQUEST", "a change must come from Tyr's own pages, or with a bearer token");
}

/**
 * A WebSocket carries the cookie across sites and no same-origin rule protects it. Browsers send Origin with every
 * handshake (RFC 6455 section 10.2), so the cookie counts only with ours; where Sec-Fetch-Site is sent it must agree.
 */
export function refuseCrossSiteSocket({ headers, publicUrl, byCookie }: Omit<Sender, "method">): Refused | undefined {
  const { origin, host, "sec-fetch-site": site } = headers;
  const isOurOrigin = origin === undefined ? !byCookie : originFits(origin, host, publicUrl);
  if (isOurOrigin && (site === undefined || site === "same-origin")) return undefined;
  return refuse("CROSS_SITE_REQUEST", "the live feed is for Tyr's own pages, or a program with a bearer token");
}

/** True for names that only this machine resolves to itself. */
function isLoopback(name: string): boolean {
  const bare = name.replace(/^\[|\]$/g, "").toLowerCase();
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

/**
 * While bound to loopback, refuses requests for other host names: a page whose name was rebound to 127.0.0.1 would
 * otherwise read everything a local user can.
 */
export function refuseRebound(host: string | undefined, boundTo: string, publicUrl: string): Refused | undefined {
  if (!isLoopback(boundTo) || host === undefined) return undefined;
  const name = host.replace(/:\d+$/, "");
  if (isLoopback(name) || host.toLowerCase() === new URL(publicUrl).host) return undefined;
  return refuse("CROSS_SITE_REQUEST", "this server answers on loopback names only; set TYR_PUBLIC_URL to use another");
}
