import type { IndicatorKind, IntelAnswer, IntelEntry, IntelProvider } from "#detect";
import { addressOf } from "./address.ts";
import { asked, type Fetch } from "./http.ts";
import { isObject, type Json, labelOf, numberIn, objectsIn, shareOf, textIn } from "./json.ts";

const BYTES_MAX = 1024 * 1024;
const IOCS_MAX = 200;
/** What an indicator is used for. Keyed on this and never on `ioc_type`, which says what it looks like. */
const THREATS = new Set(["botnet_cc", "payload_delivery", "payload", "cc_skimming"]);

/** `198.51.100.9:443`, `[2001:db8::1]:443` or the address alone. */
function addressIn(ioc: string): string | undefined {
  const bracketed = /^\[([0-9a-f:.]{2,45})\](?::\d{1,5})?$/i.exec(ioc)?.[1];
  return addressOf(bracketed ?? ioc) ?? addressOf(/^([0-9.]{7,15}):\d{1,5}$/.exec(ioc)?.[1] ?? "");
}

/** What the API answers to `search_ioc`. It searches for parts of texts too: only indicators of this very address count. */
function readSearch(json: unknown, address: string): IntelAnswer | undefined {
  if (!isObject(json)) return undefined;
  const status = textIn(json, "query_status");
  if (status === "no_result") return { verdict: "unknown", score: 0 };
  if (status !== "ok") return undefined;
  const own = objectsIn(json["data"], IOCS_MAX).filter((one) => addressIn(textIn(one, "ioc") ?? "") === address);
  const threatTypes = distinct(own.map((one) => threatOf(one)));
  if (threatTypes.length === 0) return { verdict: "unknown", score: 0 };
  const score = Math.max(...own.map(scoreOf));
  return { verdict: "malicious", score, threatTypes, malwareFamilies: distinct(own.map(familyOf)).slice(0, 16) };
}

function threatOf(one: Json): string | undefined {
  const type = textIn(one, "threat_type");
  return type !== undefined && THREATS.has(type) ? type : undefined;
}

function familyOf(one: Json): string | undefined {
  return labelOf(textIn(one, "malware_printable"));
}

function scoreOf(one: Json): number {
  return shareOf(numberIn(one, "confidence_level") ?? 0);
}

function distinct(texts: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(texts.flatMap((text) => text ?? []))];
}

/** ThreatFox (threatfox.abuse.ch/api, v1): one POST per address, with the key in `Auth-Key`. */
export function threatFox(url: string, key: string, request: Fetch = fetch): IntelProvider {
  return {
    name: "threatfox",
    async ask(address, signal) {
      const question = {
        url: `${url}/api/v1/`,
        method: "POST",
        headers: { "auth-key": key, "content-type": "application/json" },
        body: JSON.stringify({ query: "search_ioc", search_term: address }),
        bytesMax: BYTES_MAX,
        signal,
      } as const;
      return await asked(request, question, (json, status) => (status === 200 ? readSearch(json, address) : undefined));
    },
  };
}

const KIND_OF: Readonly<Record<string, IndicatorKind | undefined>> = { "ip:port": "ip", sha256_hash: "sha256" };

/** One indicator of an export; those that are neither addresses nor SHA-256 are of no use here. */
export function readIoc(one: Json): IntelEntry | undefined {
  const kind = KIND_OF[textIn(one, "ioc_type") ?? ""];
  const text = textIn(one, "ioc_value") ?? textIn(one, "ioc") ?? "";
  const value = kind === "ip" ? addressIn(text) : /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : undefined;
  const threat = threatOf(one);
  if (kind === undefined || value === undefined || threat === undefined) return undefined;
  return { kind, value, score: scoreOf(one), threatTypes: [threat], families: distinct([familyOf(one)]) };
}
