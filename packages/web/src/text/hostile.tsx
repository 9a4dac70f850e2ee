import type { ReactNode } from "react";
import { visibleParts } from "./visible-text.ts";

type HostileProps = Readonly<{ text: string; limit?: number; mono?: boolean }>;

/**
 * The only way attacker-controlled text reaches a screen: marked, isolated from the direction of the line around
 * it, never HTML, and links stay text.
 */
export function Hostile({ text, limit = 4000, mono = false }: HostileProps): ReactNode {
  const parts = visibleParts(text, limit);
  const cut = text.length > limit;
  return (
    <bdi className={mono ? "hostile mono" : "hostile"}>
      {parts.map((part, index) =>
        part.kind === "text" ? (
          part.text
        ) : (
          // Parts of one text never change places, so their index is their identity.
          // oxlint-disable-next-line react/no-array-index-key
          <span key={index} className="hostile-mark" title={part.name}>
            {part.sign}
          </span>
        ),
      )}
      {cut ? <span className="hostile-cut"> … {text.length - limit} more characters</span> : null}
    </bdi>
  );
}
