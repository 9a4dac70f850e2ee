import type { IntelFeed, IntelProvider } from "#detect";
import { ConfigInvalid, type IntelSettings, type IntelSource, readSecretFile } from "#platform/config";
import { abuseIpdb } from "./abuseipdb.ts";
import { feodo } from "./feodo.ts";
import { greyNoise } from "./greynoise.ts";
import type { Fetch } from "./http.ts";
import { threatFox } from "./threatfox.ts";

const KEY_CHARS = { least: 8, most: 512 };

/** @throws {ConfigInvalid} `CONFIG_INVALID`: the file cannot be read, others can read it, or it holds no key */
function keyOf({ keyFile, setting }: IntelSource): string | undefined {
  if (keyFile === undefined) return undefined;
  const key = readSecretFile(keyFile, setting);
  const fits = key.length >= KEY_CHARS.least && key.length <= KEY_CHARS.most && /^[\x21-\x7e]+$/.test(key);
  if (!fits) throw new ConfigInvalid(setting, `${keyFile} holds no key of ${KEY_CHARS.least} characters or more`);
  return key;
}

/**
 * Those the operator switched on, with their keys; by default nobody.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` naming the setting whose key cannot be used
 */
export function createIntelSources(
  { abuseipdb, greynoise, threatfox, feodo: tracker }: IntelSettings,
  request?: Fetch,
): Readonly<{ providers: readonly IntelProvider[]; feeds: readonly IntelFeed[] }> {
  const providers: IntelProvider[] = [];
  if (abuseipdb !== undefined) providers.push(abuseIpdb(abuseipdb.url, keyOf(abuseipdb) ?? "", request));
  if (greynoise !== undefined) providers.push(greyNoise(greynoise.url, keyOf(greynoise), request));
  if (threatfox !== undefined) providers.push(threatFox(threatfox.url, keyOf(threatfox) ?? "", request));
  return { providers, feeds: tracker === undefined ? [] : [feodo(tracker.url, request)] };
}
