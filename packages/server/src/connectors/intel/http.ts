import type { IntelAsked } from "#detect";

/** What came back: a status and at most `bytesMax` bytes. */
export type HttpAnswer = Readonly<{ status: number; retryAfterMs: number | undefined; body: string }>;
export type HttpRequest = Readonly<{
  url: string;
  method?: "GET" | "POST";
  headers?: Readonly<Record<string, string>>;
  body?: string;
  bytesMax: number;
  signal: AbortSignal;
}>;
/** `fetch`, or what a test puts in its place. */
export type Fetch = typeof fetch;

const TIMEOUT_MS = 15_000;
/** `Retry-After` in seconds; nobody is left alone longer than this on a provider's word. */
const RETRY_AFTER_MAX_S = 6 * 3_600;

async function bounded(response: Response, bytesMax: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > bytesMax) throw new Error(`the answer is larger than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function retryAfterMs(response: Response): number | undefined {
  const text = response.headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(text) ? Math.min(Number(text), RETRY_AFTER_MAX_S) * 1_000 : undefined;
}

/** One question over HTTP: a time limit for the whole answer, a bound on its size, and no redirect is followed. */
export async function ask(
  request: Fetch,
  { url, method = "GET", headers, body, bytesMax, signal }: HttpRequest,
): Promise<HttpAnswer> {
  const response = await request(url, {
    method,
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    headers: { accept: "application/json", "user-agent": "tyr", ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, retryAfterMs: retryAfterMs(response), body: await bounded(response, bytesMax) };
}

/** An answer to one question; `read` gives undefined for what it does not understand. Never throws. */
export async function asked(
  request: Fetch,
  question: HttpRequest,
  read: (json: unknown, status: number) => Extract<IntelAsked, { ok: true }>["answer"] | undefined,
): Promise<IntelAsked> {
  let answer: HttpAnswer;
  try {
    answer = await ask(request, question);
  } catch {
    return { ok: false, reason: "unreachable" };
  }
  const delay = answer.retryAfterMs === undefined ? {} : { delayMs: answer.retryAfterMs };
  if (answer.status === 429) return { ok: false, reason: "too_many", ...delay };
  if (answer.status === 401 || answer.status === 403) return { ok: false, reason: "refused", ...delay };
  if (answer.status >= 500) return { ok: false, reason: "unreachable", ...delay };
  const understood = read(parsed(answer.body), answer.status);
  return understood === undefined ? { ok: false, reason: "unreadable" } : { ok: true, answer: understood };
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
