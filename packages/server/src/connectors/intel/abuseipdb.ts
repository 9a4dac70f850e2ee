import type { IntelAnswer, IntelProvider, IntelVerdict } from "#detect";
import { asked, type Fetch } from "./http.ts";
import { type Json, numberIn, objectIn, objectsIn, shareOf } from "./json.ts";

/** Reports of the last three months: attackers' addresses change hands. */
const MAX_AGE_DAYS = 90;
const BYTES_MAX = 2 * 1024 * 1024;
const REPORTS_MAX = 500;
const MALICIOUS_FROM = 75;
const SUSPICIOUS_FROM = 25;
/** Numbers of categories (abuseipdb.com/categories): 1 to 23. */
const CATEGORY_MAX = 23;

function verdictOf(score: number): IntelVerdict {
  if (score >= MALICIOUS_FROM) return "malicious";
  return score >= SUSPICIOUS_FROM ? "suspicious" : "unknown";
}

/** Numbers of categories of all reports, each once; what they mean is the rules' business. */
function categoriesOf(data: Json): readonly string[] {
  const numbers = objectsIn(data["reports"], REPORTS_MAX).flatMap(({ categories }): readonly unknown[] =>
    Array.isArray(categories) ? categories.slice(0, CATEGORY_MAX) : [],
  );
  const known = numbers.filter(
    (one): one is number => Number.isInteger(one) && Number(one) >= 1 && Number(one) <= CATEGORY_MAX,
  );
  return [...new Set(known)].toSorted((one, other) => one - other).map(String);
}

function readCheck(json: unknown): IntelAnswer | undefined {
  const data = objectIn(json, "data");
  const score = numberIn(data, "abuseConfidenceScore");
  if (data === undefined || score === undefined || score < 0 || score > 100) return undefined;
  return { verdict: verdictOf(score), score: shareOf(score), categories: categoriesOf(data) };
}

/** AbuseIPDB's check (docs.abuseipdb.com, API v2): one GET per address, with the key in a header. */
export function abuseIpdb(url: string, key: string, request: Fetch = fetch): IntelProvider {
  return {
    name: "abuseipdb",
    async ask(address, signal) {
      const query = new URLSearchParams({ ipAddress: address, maxAgeInDays: String(MAX_AGE_DAYS), verbose: "" });
      const question = {
        url: `${url}/api/v2/check?${query.toString()}`,
        headers: { key },
        bytesMax: BYTES_MAX,
        signal,
      };
      return await asked(request, question, (json, status) => (status === 200 ? readCheck(json) : undefined));
    },
  };
}
