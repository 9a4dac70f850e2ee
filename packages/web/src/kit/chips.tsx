import type { ReactNode } from "react";
import { Hostile } from "../text/hostile.tsx";
import { visibleText } from "../text/visible-text.ts";
import { Icon } from "./icon.tsx";

export type Chip = Readonly<{ key: string; label: string; value: string; remove: () => void }>;

/** Every active filter, visible, each with its way out. A filter that is not shown does not exist. */
export function Chips({ chips, clear }: Readonly<{ chips: readonly Chip[]; clear: () => void }>): ReactNode {
  if (chips.length === 0) return null;
  return (
    <ul className="chips" aria-label="Active filters">
      {chips.map((chip) => (
        <li key={chip.key} className="chip">
          <span className="chip-label">{chip.label}</span>
          <Hostile text={chip.value} limit={60} mono />
          <button
            type="button"
            aria-label={`Remove filter ${chip.label} ${visibleText(chip.value, 60)}`}
            onClick={chip.remove}
          >
            <Icon name="close" size={12} />
          </button>
        </li>
      ))}
      <li>
        <button type="button" className="link-button" onClick={clear}>
          Clear all
        </button>
      </li>
    </ul>
  );
}
