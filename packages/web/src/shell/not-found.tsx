import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { PageHead } from "./page-head.tsx";

export function NotFound(): ReactNode {
  return (
    <main className="page narrow">
      <PageHead title="No such page" about="The address does not belong to any screen of Tyr." />
      <Link to="/" className="button">
        Go to the overview
      </Link>
    </main>
  );
}
