import { BLOCK_STATES, type Block, type BlockId } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, type ReactNode } from "react";
import { blockQuery, defined } from "../api/queries.ts";
import { usePages } from "../api/use-pages.ts";
import { Enforcements } from "../approvals/progress.tsx";
import { chipsOf } from "../kit/filter-chips.ts";
import { Chips } from "../kit/chips.tsx";
import { Code } from "../kit/copy.tsx";
import { PagedTable } from "../kit/paged-table.tsx";
import { type Column } from "../kit/data-table.tsx";
import { FilterSelect } from "../kit/filter-select.tsx";
import { Empty, Loaded } from "../kit/notice.tsx";
import { SidePanel } from "../kit/side-panel.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { AllowList } from "./allow-list.tsx";
import { Enforcers } from "./enforcers.tsx";

const route = getRouteApi("/app/blocks");

/** Only what an enforcement point was seen to take counts; none registered is said so. */
function Acknowledged({ block }: Readonly<{ block: Block }>): ReactNode {
  const { enforcement } = block;
  if (enforcement.length === 0) return <span className="unknown">no enforcement point</span>;
  const taken = enforcement.filter((point) => point.state === "acknowledged" || point.state === "effective").length;
  return (
    <Link
      from="/blocks"
      to="/blocks"
      search={(old) => ({ ...old, block: block.id })}
      className={taken < enforcement.length ? "attention" : undefined}
    >
      {taken} of {enforcement.length}
    </Link>
  );
}

const COLUMNS: readonly Column<Block>[] = [
  {
    id: "value",
    header: "Blocked",
    className: "nowrap",
    cell: (row) => (
      <Link from="/blocks" to="/blocks" search={(old) => ({ ...old, block: row.id })} className="row-link strong mono">
        {row.value}
      </Link>
    ),
  },
  { id: "state", header: "State", className: "nowrap", cell: (row) => <StateBadge state={row.state} /> },
  { id: "reason", header: "Why", className: "clip wide", cell: (row) => <Hostile text={row.reason} limit={200} /> },
  { id: "until", header: "Until", className: "nowrap", cell: (row) => <Time at={row.endedAt ?? row.expiresAt} /> },
  { id: "where", header: "Acknowledged", className: "nowrap", cell: (row) => <Acknowledged block={row} /> },
  {
    id: "action",
    header: "Action",
    className: "nowrap",
    cell: (row) => (
      <Link to="/approvals" search={{ action: row.actionId }}>
        who and why
      </Link>
    ),
  },
];

export function BlocksPage(): ReactNode {
  return (
    <Guarded needs="block:read">
      <Blocks />
    </Guarded>
  );
}

function Blocks(): ReactNode {
  const { tab, block } = route.useSearch();
  const navigate = route.useNavigate();
  const close = useCallback(() => void navigate({ search: (old) => ({ ...old, block: undefined }) }), [navigate]);
  return (
    <div className="page split">
      <div className="split-main">
        <PageHead title="Blocks" about="What is kept out, why, until when, and where that was acknowledged." />
        <Tabs
          label="Blocks"
          value={tab ?? "blocks"}
          onChange={(next) =>
            void navigate({ search: ({ tz }) => ({ tz, tab: next === "blocks" ? undefined : next }) })
          }
          tabs={[
            { id: "blocks", title: "Blocks", body: <BlockList /> },
            { id: "enforcers", title: "Enforcement points", body: <Enforcers /> },
            { id: "allow", title: "Never blocked", body: <AllowList /> },
          ]}
        />
      </div>
      {block === undefined ? null : <BlockPanel id={block} onClose={close} />}
    </div>
  );
}

function BlockList(): ReactNode {
  const { state, value, block: selected } = route.useSearch();
  const navigate = route.useNavigate();
  const pages = usePages("block.list", { query: { ...defined({ state, value }), limit: 100 } });
  const chips = chipsOf({ state, value }, (key) => void navigate({ search: (old) => ({ ...old, [key]: undefined }) }));
  return (
    <>
      <div className="filter-bar">
        <FilterSelect
          label="State"
          any="Any state"
          options={BLOCK_STATES}
          value={state}
          onChange={(found) => void navigate({ search: (old) => ({ ...old, state: found }) })}
        />
        <Chips chips={chips} clear={() => void navigate({ search: ({ tz }) => ({ tz }) })} />
      </div>
      <PagedTable
        pages={pages}
        noun={["block", "blocks"]}
        caption="Blocks"
        columns={COLUMNS}
        rowKey={(row) => row.id}
        selectedKey={selected}
        onOpen={(row) => void navigate({ search: (old) => ({ ...old, block: row.id }) })}
        empty={
          <Empty
            icon="blocks"
            title={chips.length > 0 ? "No block matches" : "Nothing is blocked"}
            action={
              <Link to="/approvals" className="button">
                See the approvals
              </Link>
            }
          >
            A block comes into force when its request was approved and ran; it ends by itself.
          </Empty>
        }
      />
    </>
  );
}

function BlockPanel({ id, onClose }: Readonly<{ id: BlockId; onClose: () => void }>): ReactNode {
  const query = useQuery({ ...blockQuery(id), refetchInterval: 5000 });
  return (
    <SidePanel title="Block" onClose={onClose}>
      <Loaded query={query}>
        {(block) => (
          <>
            <p className="lead">
              <Code text={block.value} what="blocked address" />
            </p>
            <p className="badges">
              <StateBadge state={block.state} />
              <span className="badge">{block.scope}</span>
              <span className="badge">{block.origin}</span>
            </p>
            <p>
              <Hostile text={block.reason} />
            </p>
            <h3>Where</h3>
            <Enforcements block={block} />
            <dl className="facts">
              <dt>Since</dt>
              <dd>
                <Time at={block.createdAt} />
              </dd>
              <dt>Until</dt>
              <dd>
                <Time at={block.expiresAt} />
              </dd>
              {block.endedAt === null ? null : (
                <>
                  <dt>Ended</dt>
                  <dd>
                    <Time at={block.endedAt} />
                  </dd>
                </>
              )}
              <dt>Action</dt>
              <dd>
                <Link to="/approvals" search={{ action: block.actionId }}>
                  who asked, who approved
                </Link>
              </dd>
              <dt>Id</dt>
              <dd>
                <Code text={block.id} what="block id" short />
              </dd>
            </dl>
          </>
        )}
      </Loaded>
    </SidePanel>
  );
}
