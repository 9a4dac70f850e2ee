import type { IntelEntry, IntelFeed } from "#detect";
import { addressOf } from "./address.ts";
import { ask, type Fetch, parsed } from "./http.ts";
import { type Json, labelOf, objectsIn, textIn } from "./json.ts";

const BYTES_MAX = 16 * 1024 * 1024;
const ENTRIES_MAX = 100_000;
/** The list is made anew every few minutes; asking once an hour is what its makers ask for at most. */
const EVERY_MS = 3_600_000;

/** One control server: listed is malicious, and what is not listed is simply not known. */
export function readServer(one: Json): IntelEntry | undefined {
  const value = addressOf(textIn(one, "ip_address") ?? "");
  if (value === undefined) return undefined;
  const family = labelOf(textIn(one, "malware"));
  return { kind: "ip", value, score: 1, threatTypes: ["botnet_cc"], families: family === undefined ? [] : [family] };
}

/** Feodo Tracker's block list as JSON (feodotracker.abuse.ch/downloads/ipblocklist.json). */
export function feodo(url: string, request: Fetch = fetch): IntelFeed {
  return {
    list: "feodo",
    everyMs: EVERY_MS,
    async fetch(signal) {
      try {
        const { status, body } = await ask(request, {
          url: `${url}/downloads/ipblocklist.json`,
          bytesMax: BYTES_MAX,
          signal,
        });
        const json = status === 200 ? parsed(body) : undefined;
        if (!Array.isArray(json)) return { ok: false, reason: `answered ${status}, without a list` };
        const listed = objectsIn(json, ENTRIES_MAX);
        const entries = listed.flatMap((one) => readServer(one) ?? []);
        return { ok: true, entries, rejected: json.length - entries.length };
      } catch (error) {
        return { ok: false, reason: error instanceof Error ? error.message : "unreachable" };
      }
    },
  };
}
