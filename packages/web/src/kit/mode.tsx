import type { ModeName } from "@tyr/contract";
import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";

export const MODE_WORDS: Readonly<Record<ModeName, string>> = {
  normal: "Normal",
  elevated: "Elevated",
  lockdown: "Lockdown",
};
const TONES: Readonly<Record<ModeName, string>> = {
  normal: "state-good",
  elevated: "state-wait",
  lockdown: "state-bad",
};

/** The word, large: where the mode is the answer. */
export function ModeFigure({ mode }: Readonly<{ mode: ModeName }>): ReactNode {
  return (
    <span className={`figure-word mode-${mode}`}>
      <Icon name="shield" size={20} /> {MODE_WORDS[mode]}
    </span>
  );
}

/** The word, small: in lists and in the header. */
export function ModeBadge({ mode }: Readonly<{ mode: ModeName }>): ReactNode {
  return (
    <span className={`badge ${TONES[mode]}`}>
      <Icon name="shield" size={12} />
      {MODE_WORDS[mode].toLowerCase()}
    </span>
  );
}
