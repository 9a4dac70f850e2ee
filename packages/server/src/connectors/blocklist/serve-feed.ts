import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { ok, type EnforcerId, type Result } from "@tyr/contract";
import type { BlockSource } from "#respond";

/** The part of a call this connector needs; the api's own is wider. */
export type FeedCall = Readonly<{
  caller: Readonly<{ enforcerId?: EnforcerId }>;
  headers: IncomingHttpHeaders;
  /** Of the peer. */
  address: string;
  setHeader(name: string, value: string): void;
  setStatus(status: number): void;
  afterSent(work: () => Promise<void>): void;
}>;

/** RFC 9110 section 13.1.2: the listed tags, weak or not, or `*`. */
function tagsOf(ifNoneMatch: string | undefined): readonly string[] {
  return (ifNoneMatch ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
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
    const { address } = call;
    const { enforcerId } = call.caller;
    const tags = tagsOf(call.headers["if-none-match"]);
    // Who names the tag has this list; who says `*` is answered without one, and may have none.
    const has = tags.includes(etag);
    const sent = has || !tags.includes("*");
    if (enforcerId !== undefined) {
      const userAgent = call.headers["user-agent"];
      const pull = { enforcerId, ...(sent ? { position } : {}), protocol: "feed" as const, userAgent, address };
      call.afterSent(async () => await blocks.recordPull(pull));
    }
    if (sent && !has) return ok(body);
    call.setStatus(304);
    return ok("");
  };
}
