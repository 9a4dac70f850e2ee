/**
 * What a request to make a container asks for (Docker Engine API, `POST /containers/create`). The text is the client's, may
 * be cut off in the middle and may hold whatever it likes, passwords among it: only what it says of the host is kept.
 */
const CREATE = /^(?:\/v1\.\d{1,2})?\/containers\/create$/;
const BODY_CHARS_MAX = 16_384;
const PATHS_MAX = 16;

const PRIVILEGED = /"Privileged"\s{0,8}:\s{0,8}true/i;
const HOST_PID = /"PidMode"\s{0,8}:\s{0,8}"host"/i;
const HOST_NETWORK = /"NetworkMode"\s{0,8}:\s{0,8}"host"/i;
const BINDS = /"Binds"\s{0,8}:\s{0,8}\[([^\]]{0,4096})/gi;
/** `"/etc:/mnt:ro"`: what stands before the first colon is the host's, a volume has a name without a stroke. */
const BIND = /"(\/[^":]{0,512}):/g;
const SOURCE = /"Source"\s{0,8}:\s{0,8}"(\/[^"]{0,512})"/gi;

/** Aliases as for a cluster's containers (docs/reference/fields.md); none for any other request. */
export function containerAliases(path: unknown, body: string | undefined): Readonly<Record<string, unknown>> {
  if (body === undefined || typeof path !== "string" || !CREATE.test(path)) return {};
  // Some servers write quotes as `\x22` or `\"` within their line.
  const text = body.slice(0, BODY_CHARS_MAX).replaceAll("\\x22", '"').replaceAll('\\"', '"').replaceAll("\\/", "/");
  const paths = new Set([...boundIn(text), ...firsts(text, SOURCE)].slice(0, PATHS_MAX));
  return {
    "container.privileged": PRIVILEGED.test(text) ? "true" : undefined,
    "container.host_pid": HOST_PID.test(text) ? "true" : undefined,
    "container.host_network": HOST_NETWORK.test(text) ? "true" : undefined,
    "container.host_path": paths.size > 1 ? [...paths] : paths.values().next().value,
  };
}

function boundIn(text: string): readonly string[] {
  return firsts(text, BINDS).flatMap((list) => firsts(list, BIND));
}

function firsts(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].flatMap(([, first]) => first ?? []);
}
