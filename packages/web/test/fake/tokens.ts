import type { ApiKey, TokenFamily } from "@tyr/contract";
import { at, idOf } from "./make.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What two of the keys were exchanged for: one that goes on, one that was over, and one whose refresh token was copied. */
export function makeTokens(now: number, [own, , , program]: readonly ApiKey[]): TokenFamily[] {
  const made = (number: number, key: ApiKey | undefined, rest: Partial<TokenFamily>): TokenFamily[] =>
    key === undefined
      ? []
      : [
          {
            id: idOf("tokenFamily", number),
            keyId: key.id,
            keyName: key.name,
            owner: key.owner,
            scopes: key.scopes,
            state: "active",
            renewable: true,
            refreshes: 0,
            createdAt: at(now - 3 * DAY),
            refreshedAt: null,
            expiresAt: at(now + 27 * DAY),
            endedAt: null,
            endedWhy: null,
            ...rest,
          },
        ];
  return [
    ...made(1, program, { refreshes: 431, refreshedAt: at(now - 4 * MINUTE) }),
    ...made(2, own, {
      renewable: false,
      state: "expired",
      createdAt: at(now - DAY),
      expiresAt: at(now - DAY + 10 * MINUTE),
    }),
    ...made(3, own, {
      state: "ended",
      refreshes: 12,
      refreshedAt: at(now - DAY),
      endedAt: at(now - DAY + MINUTE),
      endedWhy: "a refresh token was used before",
    }),
    ...made(4, own, { scopes: ["event:read"], createdAt: at(now - 2 * MINUTE) }),
  ];
}
