import { digestOfText } from "./evidence.ts";

/**
 * Fields whose values may hold what somebody typed or a link that lets somebody in: a path with a reset token, a command with
 * a password, the subject of a mail. Names of Sigma's taxonomies and of our own, in any part (`url.path`, `cs-uri-query`).
 */
const PRIVATE =
  /(?:^|[.\-_])(?:url|uri|query|command_?line|cmdline|pass(?:word|wd)?|secret|token|cookie|authorization|referr?er|subject|body|recipients?)(?:$|[.\-_])/;

/** `CommandLine` and `HTTPReferrer` as `command_line` and `http_referrer`. */
const asWords = (name: string): string =>
  name.replaceAll(/([a-z])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, "$1$3_$2").toLowerCase();

/**
 * What a detection says of the group it counted in: which source, host or account. What people may have written stays in the
 * events, as in evidence: the same value has the same digest, so that two groups can be told apart.
 */
export function shownGroup(group: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(group).map(([name, value]) => [
      name,
      PRIVATE.test(asWords(name)) ? `sha256:${digestOfText(value)}` : value,
    ]),
  );
}
