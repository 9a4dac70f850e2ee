import { visibleText } from "#detect";
import type { Identity } from "#identity";
import type { Config } from "#platform/config";
import type { Terminal } from "./terminal.ts";

const NAME_CHARS_MAX = 300;

/** For a sole administrator whom somebody locked out: whoever starts this process owns it. */
export async function unlockAtStart(
  { config, terminal }: Readonly<{ config: Pick<Config, "unlock">; terminal: Terminal }>,
  identity: Pick<Identity, "unlockAtStart">,
): Promise<void> {
  if (config.unlock === undefined) return;
  const done = await identity.unlockAtStart(config.unlock);
  const name = visibleText(config.unlock, NAME_CHARS_MAX);
  terminal.say(done.ok ? `The password of ${name} counts again.` : `WARNING: there is no user ${name} to unlock.`);
}
