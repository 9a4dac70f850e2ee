import { ConfigInvalid, type NotifySettings, readSecretFile, staysHere } from "#platform/config";
import { parseWebhookSecrets, type WebhookPlace } from "#platform/webhook";

/** What is in a message crosses no network unencrypted; on this machine it may. */
function readUrl(text: string, setting: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The text is not repeated: whoever has it can post there.
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    throw new ConfigInvalid(setting, "not a URL starting with https:");
  if (url.protocol === "http:" && !staysHere(url.hostname))
    throw new ConfigInvalid(
      setting,
      "is reached over a network unencrypted: use https:, or a receiver on this machine",
    );
  if (url.username !== "" || url.password !== "" || url.hash !== "")
    throw new ConfigInvalid(setting, "holds a name, a password or a fragment: none of them would be sent");
  return url;
}

/**
 * Where notifications go, with the keys they are signed with.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` naming the setting; neither address nor key is repeated
 */
export function readPlace({ place, setting, secretFile, reach }: NotifySettings): WebhookPlace {
  const text = "url" in place ? place.url : readSecretFile(place.urlFile, setting);
  const url = readUrl(text, setting);
  const secrets = parseWebhookSecrets(readSecretFile(secretFile, "TYR_NOTIFY_SECRET_FILE"));
  if ("problem" in secrets) throw new ConfigInvalid("TYR_NOTIFY_SECRET_FILE", `${secretFile} ${secrets.problem}`);
  return { url, secrets, reach };
}
