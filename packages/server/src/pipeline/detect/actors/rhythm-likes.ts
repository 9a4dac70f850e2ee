import type { Operator } from "./campaign-link.ts";
import { RARITY } from "./identity-link.ts";
import { isLikeRhythm } from "./rhythm-bands.ts";
import type { Near } from "./rhythm-store.ts";

type Typing = Pick<Operator, "rhythms">;

/**
 * What it counts that two type alike, from 0 to 1: by how many addresses have a rhythm like theirs, by the same steps as an
 * exact value; nothing where a crowd types like that. Of several rhythms of both, the rarest counts.
 */
export function likenessOf(a: Typing, b: Typing, near: Near): number {
  const shares = [...a.rhythms].flatMap((one) =>
    [...b.rhythms].filter((other) => isLikeRhythm(one, other)).map((other) => rarityOf(one, other, near)),
  );
  return Math.max(0, ...shares);
}

function rarityOf(one: string, other: string, near: Near): number {
  const many = Math.max(near.get(one)?.size ?? 0, near.get(other)?.size ?? 0);
  return RARITY.find(({ addressesMax }) => many <= addressesMax)?.share ?? 0;
}
