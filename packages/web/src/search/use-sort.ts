import { useNavigate, useSearch } from "@tanstack/react-router";
import { parseSort, sortText, type Sort } from "../kit/data-table.tsx";

/** Order of a table, kept in the address as `sort=stored.desc`; handed to the table as it is. */
export function useSort(): Readonly<{ sort: Sort | undefined; onSort: (sort: Sort) => void }> {
  const { sort } = useSearch({ strict: false });
  const navigate = useNavigate();
  return {
    sort: parseSort(sort),
    onSort: (next) => void navigate({ to: ".", search: (old) => ({ ...old, sort: sortText(next) }), replace: true }),
  };
}
