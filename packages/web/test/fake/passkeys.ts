import type { Passkey } from "@tyr/contract";
import type { Answers } from "./answers.ts";
import { at } from "./make.ts";
import { Refused } from "./refused.ts";

const DAY = 86_400_000;

/** One in the pocket, and one that was copied: of everybody in the stand-in. What authenticators do is tried on the server. */
export const twoPasskeys = (): Passkey[] => [
  {
    id: "psk_0190a3b4-1111-7222-8333-444455556666",
    name: "Firefox 144 on Linux",
    createdAt: at(Date.now() - 40 * DAY),
    lastUsedAt: at(Date.now() - DAY / 24),
    synced: true,
    refusedSince: null,
  },
  {
    id: "psk_0190a3b4-2222-7222-8333-444455556666",
    name: "Key <b>on</b> the ring",
    createdAt: at(Date.now() - 200 * DAY),
    lastUsedAt: at(Date.now() - 9 * DAY),
    synced: false,
    refusedSince: at(Date.now() - DAY / 12),
  },
];

export const passkeyAnswers: Answers = {
  "passkey.list": (_, { world }) => ({ items: [...world.account.passkeys], origin: world.origin }),
  "passkey.rename": ({ params, body }, { world }) => {
    const found = world.account.passkeys.find(({ id }) => id === params.id);
    if (found === undefined) throw new Refused("NOT_FOUND", "you have no such passkey");
    const renamed = { ...found, name: body.name };
    world.account.passkeys = world.account.passkeys.map((one) => (one === found ? renamed : one));
    return renamed;
  },
  "passkey.remove": ({ params }, { world }) => {
    world.account.passkeys = world.account.passkeys.filter(({ id }) => id !== params.id);
    world.ownSessions = world.ownSessions.filter((one) => one.current);
  },
};
