import { createHash } from "node:crypto";
import type { ConfiguredWitness } from "./witness-policy.ts";

export type Answer = Readonly<{ status: number; body: string }>;
type AskOptions = Readonly<{ timeoutMs: number; signal?: AbortSignal | undefined }>;

/** How the log talks to witnesses. Everything they say is hostile until its signature is checked. */
export type WitnessClient = Readonly<{
  add(witness: ConfiguredWitness, body: string, options: AskOptions): Promise<Answer>;
  /** What the witness publishes as the newest checkpoint of the log that it cosigned. */
  latest(witness: ConfiguredWitness, origin: string, options: AskOptions): Promise<Answer>;
}>;

/** A checkpoint with a hundred signatures fits; a witness that sends more is cut off. */
const ANSWER_BYTES_MAX = 64 * 1024;

async function readAnswer(response: Response): Promise<Answer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > ANSWER_BYTES_MAX) throw new Error(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return { status: response.status, body: Buffer.concat(parts).toString("utf8") };
}

function signalOf({ timeoutMs, signal }: AskOptions): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

/** C2SP tlog-witness over HTTP. The time limit holds for the whole answer, and redirects are not followed. */
export function httpWitnessClient(request: typeof fetch = fetch): WitnessClient {
  return {
    async add({ url }, body, options) {
      const headers = { "content-type": "text/plain; charset=utf-8" };
      const init: RequestInit = { method: "POST", body, headers, redirect: "error", signal: signalOf(options) };
      return await readAnswer(await request(`${url}/add-checkpoint`, init));
    },
    async latest({ url }, origin, options) {
      const folder = createHash("sha256").update(origin).digest("hex");
      const init: RequestInit = { redirect: "error", signal: signalOf(options) };
      return await readAnswer(await request(`${url}/${folder}/checkpoint`, init));
    },
  };
}
