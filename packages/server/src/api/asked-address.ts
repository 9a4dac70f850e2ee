import { ok, refuse, type Result } from "@tyr/contract";
import { canonicalAddress, canonicalPrefix } from "#collect";

type Asked = Result<string | undefined>;

/** A filter by address in the one spelling rows have, however it was written; what is no address finds nothing and is said so. */
export function askedAddress(name: string, text: string | undefined): Asked {
  const address = text === undefined ? undefined : canonicalAddress(text);
  if (text === undefined || address !== undefined) return ok(address);
  return refuse("VALIDATION_FAILED", `query/${name} must be an address, e.g. 203.0.113.7`);
}

/** As `askedAddress`, for a column that may hold prefixes too. */
export function askedPrefix(name: string, text: string | undefined): Asked {
  const prefix = text === undefined ? undefined : canonicalPrefix(text);
  if (text === undefined || prefix !== undefined) return ok(prefix);
  return refuse("VALIDATION_FAILED", `query/${name} must be an address or a prefix, e.g. 203.0.113.0/24`);
}
