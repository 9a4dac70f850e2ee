import { isIP } from "node:net";
import { canonicalAddress } from "#collect";

/** An address in its one spelling, or undefined. */
export function addressOf(text: string): string | undefined {
  return isIP(text) === 0 ? undefined : canonicalAddress(text);
}
