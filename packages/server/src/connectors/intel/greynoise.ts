import type { IntelAnswer, IntelProvider, IntelVerdict } from "#detect";
import { asked, type Fetch } from "./http.ts";
import { isObject, textIn } from "./json.ts";

const BYTES_MAX = 64 * 1024;
const VERDICTS: Readonly<Record<string, Readonly<{ verdict: IntelVerdict; score: number }>>> = {
  malicious: { verdict: "malicious", score: 1 },
  suspicious: { verdict: "suspicious", score: 0.5 },
  unknown: { verdict: "unknown", score: 0.5 },
  benign: { verdict: "benign", score: 0 },
};

/** 404 is an answer too: the address was not seen. `riot` are services everybody uses. */
function readCommunity(json: unknown, status: number): IntelAnswer | undefined {
  if (!isObject(json) || (status !== 200 && status !== 404)) return undefined;
  if (status === 404) return { verdict: "unknown", score: 0.5, classification: "unknown", noise: false };
  if (json["riot"] === true) return { verdict: "benign", score: 0, classification: "benign", noise: false };
  const classification = textIn(json, "classification") ?? "unknown";
  const known = Object.hasOwn(VERDICTS, classification) ? VERDICTS[classification] : undefined;
  if (known === undefined) return undefined;
  // A scanner that is known to be harmless is no reconnaissance.
  return { ...known, classification, noise: json["noise"] === true && known.verdict !== "benign" };
}

/** GreyNoise's Community API (docs.greynoise.io, v3): a key is optional there. It says no tags, so none are looked for. */
export function greyNoise(url: string, key: string | undefined, request: Fetch = fetch): IntelProvider {
  return {
    name: "greynoise",
    async ask(address, signal) {
      const question = {
        url: `${url}/v3/community/${encodeURIComponent(address)}`,
        headers: key === undefined ? {} : { key },
        bytesMax: BYTES_MAX,
        signal,
      };
      return await asked(request, question, readCommunity);
    },
  };
}
