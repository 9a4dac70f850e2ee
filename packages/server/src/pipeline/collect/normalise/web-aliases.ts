import type { Outcome } from "../event.ts";

/** `%2525…` would otherwise decode for ever. */
const DECODINGS_MAX = 3;

export function given(text: string | undefined): string | undefined {
  return text === undefined || text === "-" || text === "" ? undefined : text;
}

export function numeric(text: string | undefined): number | undefined {
  return text === undefined || text === "-" ? undefined : Number(text);
}

/** Percent-decodes byte by byte until nothing changes: what the request really asks for, wrong escapes left alone. */
export function decodedUrl(url: string): string {
  let decoded = url;
  for (let round = 0; round < DECODINGS_MAX && decoded.includes("%"); round += 1) {
    const next = decoded.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) =>
      Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"),
    );
    if (next === decoded) break;
    decoded = next;
  }
  return decoded;
}

/** A request as a log tells it; parts it does not tell are left out. */
export type WebRequest = Readonly<{
  method?: string | undefined;
  target?: string | undefined;
  version?: string | undefined;
}>;

/** @param line what stands in place of the request, when it is none */
export function urlAliases({ method, target, version }: WebRequest, line?: string): Readonly<Record<string, unknown>> {
  const url = target ?? given(line);
  if (url === undefined) return {};
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? undefined : url.slice(mark + 1);
  const decoded = decodedUrl(url);
  return {
    "url.original": url,
    "url.path": target === undefined ? undefined : path,
    "url.query": target === undefined ? undefined : query,
    "url.decoded": decoded,
    "http.request.method": method,
    "http.version": version?.replace(/^HTTP\//, ""),
    "cs-method": method,
    "cs-uri": url,
    "cs-uri-stem": path,
    "cs-uri-query": query,
    "cs-version": version,
  };
}

export function responseAliases(
  parts: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, unknown>> {
  const { ip, referrer, agent, user, status, bytes } = parts;
  return {
    "http.response.status_code": numeric(status),
    "http.response.bytes": numeric(bytes),
    "http.request.referrer": given(referrer),
    "user_agent.original": given(agent),
    "c-ip": ip,
    "cs-user-agent": given(agent),
    "cs-referer": given(referrer),
    "cs-username": given(user),
    "sc-status": numeric(status),
    "sc-bytes": numeric(bytes),
  };
}

export function outcomeOfStatus(status: number | undefined): Outcome {
  if (status === undefined) return "unknown";
  return status < 400 ? "success" : "failure";
}
