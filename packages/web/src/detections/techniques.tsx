import type { Detection } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** What tags name, each once: the sub-technique where there is one. */
export const namesOf = (tags: Detection["tags"]): readonly string[] => [
  ...new Set(tags.map((tag) => tag.subTechnique ?? tag.technique)),
];

type TechniquesProps = Readonly<{ names: readonly string[]; limit?: number }>;

/** Techniques, each a way to its rows. */
export function Techniques({ names, limit = names.length }: TechniquesProps): ReactNode {
  if (names.length === 0) return <span className="muted">none</span>;
  return (
    <span className="techniques">
      {names.slice(0, limit).map((name) => (
        <Link key={name} to="/detections" search={{ technique: name }} className="technique mono">
          {name}
        </Link>
      ))}
      {names.length > limit ? <span className="muted small nowrap">+{names.length - limit}</span> : null}
    </span>
  );
}
