/** What a provider can hold of an address or a file, from the strongest to the weakest. */
const INTEL_VERDICTS = ["malicious", "suspicious", "unknown", "benign"] as const;
export type IntelVerdict = (typeof INTEL_VERDICTS)[number];

/** Indicators lists are made of. Fingerprints are those sensors take (docs/reference/fields.md). */
export const INDICATOR_KINDS = ["ip", "sha256", "ja3", "ja4", "ja4h", "hassh", "jarm"] as const;
export type IndicatorKind = (typeof INDICATOR_KINDS)[number];

/** A provider's answer in our words. Names are cut and checked by whoever read them; nothing else of the answer is kept. */
export type IntelAnswer = Readonly<{
  verdict: IntelVerdict;
  /** How sure the provider is, 0 to 1: a rule's confidence is multiplied by it. */
  score: number;
  /** AbuseIPDB's numbers of categories, as text. */
  categories?: readonly string[];
  classification?: string;
  /** Seen scanning the whole internet. */
  noise?: boolean;
  threatTypes?: readonly string[];
  malwareFamilies?: readonly string[];
}>;

/** `delayMs`: the provider said how long to leave it alone. `refused`: the key is not accepted. */
export type IntelAsked =
  | Readonly<{ ok: true; answer: IntelAnswer }>
  | Readonly<{ ok: false; reason: "unreachable" | "refused" | "too_many" | "unreadable"; delayMs?: number }>;

/** Somebody who is asked about one address at a time. Never throws: what goes wrong is an answer too. */
export type IntelProvider = Readonly<{
  name: string;
  ask(address: string, signal: AbortSignal): Promise<IntelAsked>;
}>;

/** One line of a list. */
export type IntelEntry = Readonly<{
  kind: IndicatorKind;
  value: string;
  score: number;
  threatTypes: readonly string[];
  families: readonly string[];
}>;

/** A whole list that is fetched from time to time. Never throws. */
export type IntelFeed = Readonly<{
  list: string;
  everyMs: number;
  fetch(
    signal: AbortSignal,
  ): Promise<
    Readonly<{ ok: true; entries: readonly IntelEntry[]; rejected: number }> | Readonly<{ ok: false; reason: string }>
  >;
}>;

/** The strongest of several verdicts; undefined when nobody has said anything. */
export function strongest(verdicts: readonly IntelVerdict[]): IntelVerdict | undefined {
  return INTEL_VERDICTS.find((verdict) => verdicts.includes(verdict));
}

/** Whether an answer says something rules could use; that an address is unknown to somebody is no event. */
export function saysSomething({ verdict, noise, categories = [] }: IntelAnswer): boolean {
  return verdict === "malicious" || verdict === "suspicious" || noise === true || categories.length > 0;
}
