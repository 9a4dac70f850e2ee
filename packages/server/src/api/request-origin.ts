import type { IncomingHttpHeaders } from "node:http";
import type { RouteDefinition } from "@tyr/contract";
import { looksLikeKey } from "#identity";
import type { Origin } from "#platform/database";
import { credentialsOf, keyOf } from "./authenticate.ts";

/** What our command line calls itself. Anybody can say so: it tells habits apart, it proves nothing. */
const OURS = /^tyr-cli\b/;

/**
 * By what a request was sent, as far as it shows: what it presents, whether that is any good is found out later. Only
 * browsers send `Sec-Fetch-Site`, and pages cannot set it.
 */
function clientOf(headers: IncomingHttpHeaders, { needs }: Pick<RouteDefinition, "needs">): Origin["client"] {
  if (keyOf(headers, needs) !== undefined) return needs === "event:write" ? "sensor" : "enforcer";
  const bearer = credentialsOf(headers, "bearer");
  if (bearer !== undefined && looksLikeKey(bearer)) return "api_key";
  if (OURS.test(headers["user-agent"] ?? "")) return "cli";
  const isPage = headers["sec-fetch-site"] !== undefined || (bearer === undefined && headers.cookie !== undefined);
  return isPage ? "browser" : "program";
}

/** Where a request came from, for every entry it leads to. */
export function requestOrigin(
  headers: IncomingHttpHeaders,
  route: Pick<RouteDefinition, "needs">,
  address: string,
): Origin {
  return { client: clientOf(headers, route), address };
}
