import { isCustomRole, type RoleView } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { roleTitle, useCan } from "../api/session.ts";
import { Conflicts } from "../duties/conflicts.tsx";
import { AskFirst } from "../kit/confirm.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Icon } from "../kit/icon.tsx";
import { Loaded } from "../kit/notice.tsx";
import { useSort } from "../search/use-sort.ts";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Time } from "../time/time.tsx";
import { EditRole } from "./edit-role.tsx";
import { Matrix } from "./matrix.tsx";

const columnsFor = (may: boolean): readonly Column<RoleView>[] => [
  { id: "name", header: "Role", className: "strong", sortBy: (row) => row.name, cell: titleOf },
  { id: "kind", header: "Kind", className: "nowrap", cell: (row) => (row.builtIn ? "built in" : "custom") },
  { id: "holders", header: "Held by", align: "end", sortBy: (row) => row.holders, cell: (row) => row.holders },
  {
    id: "permissions",
    header: "Permissions",
    align: "end",
    sortBy: (row) => row.permissions.length,
    cell: (row) => row.permissions.length,
  },
  {
    id: "changed",
    header: "Changed",
    className: "nowrap",
    cell: (row) => (row.builtIn ? null : <Time at={row.changedAt} />),
  },
  {
    id: "act",
    header: "Change",
    className: "nowrap",
    cell: (row) => (may && !row.builtIn ? <Changes row={row} /> : null),
  },
];

function titleOf({ name, about }: RoleView): ReactNode {
  return (
    <>
      {isCustomRole(name) ? name : roleTitle(name)}
      {about === "" ? null : <span className="muted small"> {about}</span>}
    </>
  );
}

export function RolesPage(): ReactNode {
  return (
    <Guarded needs="user:read">
      <Roles />
    </Guarded>
  );
}

function Roles(): ReactNode {
  const can = useCan();
  const sorting = useSort();
  const query = useQuery(ask("role.list", {}));
  const [making, setMaking] = useState(false);
  const may = can("role:write");
  return (
    <div className="page">
      <PageHead
        title="Roles"
        about="A role is a set of permissions and nothing more. Custom roles never approve and never administer people."
      >
        {may ? (
          <button type="button" className="button primary" onClick={() => setMaking(true)}>
            <Icon name="plus" /> Make a role
          </button>
        ) : null}
      </PageHead>
      <Loaded query={query}>
        {({ items }) => (
          <>
            <div className="section-table">
              <DataTable
                caption="Roles"
                columns={columnsFor(may)}
                rows={items}
                rowKey={(row) => row.name}
                {...sorting}
              />
            </div>
            <Matrix roles={items} />
          </>
        )}
      </Loaded>
      <Conflicts />
      {making ? <EditRole onClose={() => setMaking(false)} /> : null}
    </div>
  );
}

function Changes({ row }: Readonly<{ row: RoleView }>): ReactNode {
  const [editing, setEditing] = useState(false);
  const { name } = row;
  if (!isCustomRole(name)) return null;
  return (
    <>
      <button type="button" className="link-button" onClick={() => setEditing(true)}>
        Edit<span className="sr-only"> {name}</span>
      </button>{" "}
      <AskFirst
        word="Delete"
        of={name}
        title={`Delete ${name}?`}
        verb="Delete the role"
        route="role.delete"
        input={{ params: { name } }}
        stale={["role"]}
        done={() => ({ text: `${name} is deleted` })}
      >
        Nobody may hold it any more. Its name is not used again.
      </AskFirst>
      {editing ? <EditRole role={{ ...row, name }} onClose={() => setEditing(false)} /> : null}
    </>
  );
}
