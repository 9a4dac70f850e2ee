import type { ModeView } from "@tyr/contract";
import type { ReactNode } from "react";

/** What a mode adds to the policies of normal mode, in their own words. */
export function Effects({ effects }: Readonly<{ effects: ModeView["modes"][number]["effects"] }>): ReactNode {
  if (effects.length === 0) return <span className="muted small">What the policies ask for at any time.</span>;
  return (
    <ul className="effects">
      {effects.map((effect) => (
        <li key={effect.policyId}>
          {effect.text} <span className="mono muted small">{effect.policyId}</span>
        </li>
      ))}
    </ul>
  );
}
