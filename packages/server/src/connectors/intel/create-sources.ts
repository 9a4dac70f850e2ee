import { readFileSync, statSync } from "node:fs";
import type { IntelFeed, IntelProvider } from "#detect";
import { ConfigInvalid, type IntelSettings, type IntelSource } from "#platform/config";
import { abuseIpdb } from "./abuseipdb.ts";
import { feodo } from "./feodo.ts";
import { greyNoise } from "./greynoise.ts";
import type { Fetch } from "./http.ts";
import { threatFox } from "./threatfox.ts";

const KEY_CHARS = { least: 8, most: 512 };

/** Whoever reads the key can use up what the provider allows us. Windows has no such bits. */
function refuseReadable(path: string, setting: string): void {
  const mode = statSync(path).mode & 0o777;
  if (process.platform === "win32" || (mode & 0o077) === 0) return;
  const shown = mode.toString(8).padStart(4, "0");
  throw new ConfigInvalid(setting, `others than its owner may read ${path} (mode ${shown}): chmod 600 it`);
}

/** @throws {ConfigInvalid} `CONFIG_INVALID`: the file cannot be read, others can read it, or it holds no key */
function keyOf({ keyFile, setting }: IntelSource): string | undefined {
  if (keyFile === undefined) return undefined;
  let key: string;
  try {
    key = readFileSync(keyFile, "utf8").trim();
  } catch (cause) {
    throw new ConfigInvalid(
      setting,
      `${keyFile} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
  refuseReadable(keyFile, setting);
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
