import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { EntryFrame } from "../entry/frame.tsx";

export function NotFound(): ReactNode {
  return (
    <EntryFrame title="No such page">
      <p>The address does not belong to any screen of Tyr.</p>
      <Link to="/" className="button primary block">
        Go to the overview
      </Link>
    </EntryFrame>
  );
}
