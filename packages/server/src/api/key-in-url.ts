import { refuse, type Refused } from "@tyr/contract";
import { holdsAccessToken, holdsKey } from "#identity";

/** Refuses a key or token in the address before anything looks at it: it is in a log somewhere already. */
export function refuseKeyInUrl(url: string | undefined): Refused | undefined {
  if (!holdsKey(url ?? "") && !holdsAccessToken(url ?? "")) return undefined;
  return refuse("KEY_IN_URL", "keys belong into a header; the one in this address is to be replaced");
}
