import { TOKEN_ALGORITHMS, type TokenAlgorithm } from "@tyr/contract";

export type TokenSettings = Readonly<{
  algorithm: TokenAlgorithm;
  /** Bits of new keys of RSA. */
  rsaBits: number;
  /** How long an access token counts. */
  lifeMinutes: number;
}>;
export type Unusable = Readonly<{ setting: string; problem: string }>;

/** Below 3,072 bits RSA has less than 128 bits of strength (ASVS 5.0 11.2.3); above 8,192 signing takes a second. */
const RSA_BITS = { least: 3_072, most: 8_192 };
const MINUTES = { least: 5, most: 10 };

function whole(text: string, { least, most }: Readonly<{ least: number; most: number }>): number | undefined {
  const value = Number(text);
  return /^\d{1,6}$/.test(text) && value >= least && value <= most ? value : undefined;
}

/** What access tokens for API clients are signed with, and for how long. @returns the settings, or what is wrong with which */
export function parseTokens(env: Readonly<Record<string, string | undefined>>): TokenSettings | Unusable {
  const wanted = env["TYR_TOKEN_ALGORITHM"] ?? "ES256";
  const algorithm = TOKEN_ALGORITHMS.find((one) => one === wanted);
  if (algorithm === undefined)
    return { setting: "TYR_TOKEN_ALGORITHM", problem: `"${wanted}" is not one of ${TOKEN_ALGORITHMS.join(", ")}` };
  const bits = env["TYR_TOKEN_RSA_BITS"];
  if (bits !== undefined && algorithm !== "RS256")
    return {
      setting: "TYR_TOKEN_RSA_BITS",
      problem: `counts with TYR_TOKEN_ALGORITHM=RS256 only, not with ${algorithm}`,
    };
  const rsaBits = whole(bits ?? String(RSA_BITS.least), RSA_BITS);
  if (rsaBits === undefined) {
    const why = `RSA below ${RSA_BITS.least} bits is too weak to sign with`;
    return {
      setting: "TYR_TOKEN_RSA_BITS",
      problem: `"${bits}" is not from ${RSA_BITS.least} to ${RSA_BITS.most}: ${why}`,
    };
  }
  const minutes = env["TYR_TOKEN_MINUTES"] ?? String(MINUTES.most);
  const lifeMinutes = whole(minutes, MINUTES);
  if (lifeMinutes === undefined)
    return { setting: "TYR_TOKEN_MINUTES", problem: `"${minutes}" is not from ${MINUTES.least} to ${MINUTES.most}` };
  return { algorithm, rsaBits, lifeMinutes };
}
