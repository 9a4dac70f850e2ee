import type { ApiKey } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { DataTable } from "../kit/data-table.tsx";
import { Icon } from "../kit/icon.tsx";
import { Empty, Loaded } from "../kit/notice.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { useSort } from "../search/use-sort.ts";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { keyColumns } from "./key-columns.tsx";
import { MakeKey } from "./make-key.tsx";
import { Services } from "./services.tsx";
import { AllTokens, OwnTokens } from "./tokens.tsx";

const route = getRouteApi("/app/keys");

export function KeysPage(): ReactNode {
  return (
    <Guarded needs="key:own">
      <Keys />
    </Guarded>
  );
}

function Keys(): ReactNode {
  const { tab = "own" } = route.useSearch();
  const navigate = route.useNavigate();
  const can = useCan();
  const [making, setMaking] = useState(false);
  const own = { id: "own", title: "Yours", body: <OwnKeys /> } as const;
  const others = [
    { id: "services", title: "Service accounts", body: <Services /> },
    { id: "all", title: "Everybody's", body: <AllKeys /> },
  ] as const;
  return (
    <div className="page">
      <PageHead
        title="API keys"
        about="How programs come in. A key does what its scopes say and never more than its owner may; none can approve."
      >
        <button type="button" className="button primary" onClick={() => setMaking(true)}>
          <Icon name="plus" /> Make a key
        </button>
      </PageHead>
      {can("key:read") ? (
        <Tabs
          label="Whose keys"
          value={tab}
          onChange={(next) => void navigate({ search: (old) => ({ ...old, tab: next === "own" ? undefined : next }) })}
          tabs={[own, ...others]}
        />
      ) : (
        <OwnKeys />
      )}
      {making ? <MakeKey onClose={() => setMaking(false)} /> : null}
    </div>
  );
}

function OwnKeys(): ReactNode {
  const query = useQuery(ask("key.list", {}));
  return (
    <>
      <Loaded query={query}>{({ items }) => <KeyTable caption="Your API keys" items={items} mine />}</Loaded>
      <OwnTokens />
    </>
  );
}

function AllKeys(): ReactNode {
  const query = useQuery(ask("key.listAll", {}));
  return (
    <>
      <Loaded query={query}>{({ items }) => <KeyTable caption="Everybody's API keys" items={items} />}</Loaded>
      <AllTokens />
    </>
  );
}

type KeyTableProps = Readonly<{ caption: string; items: readonly ApiKey[]; mine?: boolean }>;

function KeyTable({ caption, items, mine = false }: KeyTableProps): ReactNode {
  const sorting = useSort();
  const can = useCan();
  if (items.length === 0)
    return (
      <Empty icon="key" title="No keys">
        A key lets a program call the API: with some of your permissions, from the networks you name, for as long as you
        say.
      </Empty>
    );
  const may = { revoke: mine || can("key:write"), rotate: (key: ApiKey) => mine || maySetAnew(key, can("key:write")) };
  return <DataTable caption={caption} columns={keyColumns(may)} rows={items} rowKey={(row) => row.id} {...sorting} />;
}

/** Nobody gets a secret that acts as another person. */
function maySetAnew(key: ApiKey, mayWrite: boolean): boolean {
  return mayWrite && key.owner.kind === "automation";
}
