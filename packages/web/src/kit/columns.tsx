import { Time } from "../time/time.tsx";
import type { Column } from "./data-table.tsx";
import { StateBadge } from "./state.tsx";

type Named = Readonly<{ id: string; header: string }>;

/** Whether somebody or something still may, and the word for when not. */
export function activeColumn<T extends Readonly<{ active: boolean }>>(not: "inactive" | "disabled"): Column<T> {
  return {
    id: "state",
    header: "State",
    className: "nowrap",
    cell: (row) => <StateBadge state={row.active ? "active" : not} />,
  };
}

/** How long ago something happened last; never is said, not left out. */
export function ageColumn<T>(named: Named, at: (row: T) => string | null): Column<T> {
  return {
    ...named,
    className: "nowrap",
    sortBy: (row) => at(row) ?? "",
    cell: (row) => <Time at={at(row)} show="age" never="never" />,
  };
}

/** When something began. */
export function sinceColumn<T extends Readonly<{ createdAt: string }>>(header: string): Column<T> {
  return {
    id: "created",
    header,
    className: "nowrap",
    sortBy: (row) => row.createdAt,
    cell: (row) => <Time at={row.createdAt} />,
  };
}
