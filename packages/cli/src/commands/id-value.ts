import { ID_PREFIXES, isId, type Id, type Noun } from "@tyr/contract";
import { usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

/** A positional id, refused before it travels when it cannot be one of this noun. */
export function idOf<N extends Noun>(noun: N, text: string): Id<N> {
  if (isId(noun, text)) return text;
  throw usage(
    `${visible(text)} is not the id of one ${noun}`,
    `Such ids look like ${ID_PREFIXES[noun]}_ and a UUID; copy it whole.`,
  );
}
