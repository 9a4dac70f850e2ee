import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { ok, type EnforcerId, type Result } from "@tyr/contract";
import type { BlockSource } from "#respond";

/** The part of a call this connector needs; the api's own is wider. */
export type FeedCall = Readonly<{
  caller: Readonly<{ enforcerId?: EnforcerId }>;
  headers: IncomingHttpHeaders;
  setHeader(name: string, value: string): void;
  setStatus(status: number): void;
  afterSent(work: () => Promise<void>): void;
}>;

/** RFC 9110 section 13.1.2: any of the listed tags, weak or not, or `*`. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(etag);
}

/**
 * `/feeds/blocklist.txt`: what is in force, one address or prefix a line, IPv4 before IPv6, in the order of the
 * addresses; the count in `X-Tyr-Count`. The allow-list is not on it: nothing that overlaps it is in force.
 */
export function createFeed(blocks: BlockSource): (call: FeedCall) => Promise<Result<string>> {
  return async (call) => {
    const { position, values } = await blocks.list();
    const body = values.map((value) => `${value}\n`).join("");
    const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
    call.setHeader("etag", etag);
    call.setHeader("x-tyr-count", String(values.length));
    call.setHeader("cache-control", "no-cache");
    const { enforcerId } = call.caller;
    if (enforcerId !== undefined) {
      const userAgent = call.headers["user-agent"];
      call.afterSent(async () => await blocks.recordPull({ enforcerId, position, protocol: "feed", userAgent }));
    }
    if (!matches(call.headers["if-none-match"], etag)) return ok(body);
    call.setStatus(304);
    return ok("");
  };
}
