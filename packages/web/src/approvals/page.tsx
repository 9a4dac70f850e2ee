import type { Action, ActionId } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { ask, defined, waitingQuery } from "../api/queries.ts";
import { usePages } from "../api/use-pages.ts";
import { useCan } from "../api/session.ts";
import { chipsOf } from "../kit/filter-chips.ts";
import { Chips } from "../kit/chips.tsx";
import { middle } from "../kit/copy.tsx";
import { Icon } from "../kit/icon.tsx";
import { Empty, ErrorNotice, Loaded, Skeleton } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { usePreferences } from "../shell/preferences.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { BreakGlassList } from "./break-glass-list.tsx";
import type { Asked } from "./decision-buttons.tsx";
import { KeysHelp, useInboxKeys } from "./inbox-keys.tsx";
import { RequestBlock } from "./request-block.tsx";
import { lastingLabel } from "./lasting.ts";
import { OneAction } from "./one-action.tsx";
import { isEnforced, verbOf } from "./what.tsx";

const route = getRouteApi("/app/approvals");

export function ApprovalsPage(): ReactNode {
  return (
    <Guarded needs="action:read">
      <Approvals />
    </Guarded>
  );
}

function Approvals(): ReactNode {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const can = useCan();
  const [requesting, setRequesting] = useState(false);
  const { singleKeys } = usePreferences();
  const owed = useQuery(ask("breakGlass.list", { query: { owed: true, limit: 100 } })).data?.items.length ?? 0;
  return (
    <div className="page">
      <PageHead title="Approvals" about="What a machine or a person asks for, what policy says, and what would change.">
        {singleKeys ? (
          <span className="keys muted">
            <kbd>?</kbd> keys
          </span>
        ) : null}
        {can("action:request") ? (
          <button type="button" className="button" onClick={() => setRequesting(true)}>
            <Icon name="plus" /> Request a block
          </button>
        ) : null}
      </PageHead>
      <Tabs
        label="Approvals"
        value={tab ?? "waiting"}
        onChange={(next) => void navigate({ search: ({ tz }) => ({ tz, tab: next === "waiting" ? undefined : next }) })}
        tabs={[
          { id: "waiting", title: "Waiting", body: <Waiting /> },
          { id: "history", title: "History", body: <History /> },
          { id: "break-glass", title: "Break-glass", count: owed === 0 ? undefined : owed, body: <BreakGlassList /> },
        ]}
      />
      {requesting ? <RequestBlock target="" onClose={() => setRequesting(false)} /> : null}
    </div>
  );
}

function Waiting(): ReactNode {
  const query = useQuery({ ...waitingQuery, refetchInterval: 15_000 });
  return (
    <Loaded query={query}>
      {(page) => (
        <Inbox actions={page.items}>
          <Empty
            icon="approvals"
            title="Nothing waits for a decision"
            action={
              <Link to="/incidents" className="button">
                Look at the incidents
              </Link>
            }
          >
            When a high-risk actor appears, or somebody asks for a block, the request comes here with its dry run.
          </Empty>
        </Inbox>
      )}
    </Loaded>
  );
}

function History(): ReactNode {
  const { state, target } = route.useSearch();
  const navigate = route.useNavigate();
  const pages = usePages("action.list", { query: { ...defined({ state, target }), limit: 100 } });
  const chips = chipsOf({ state, target }, (key) => void navigate({ search: (old) => ({ ...old, [key]: undefined }) }));
  return (
    <>
      <Chips chips={chips} clear={() => void navigate({ search: ({ tz, tab }) => ({ tz, tab }) })} />
      {pages.rows === undefined ? (
        pages.error === null ? (
          <Skeleton />
        ) : (
          <ErrorNotice error={pages.error} retry={pages.refetch} />
        )
      ) : (
        <Inbox
          actions={pages.rows.filter((action) => action.state !== "pending")}
          onMore={pages.more ? pages.next : undefined}
        >
          <Empty icon="approvals" title="Nothing was decided yet">
            Approved, rejected, expired and executed actions stay here, with who decided and why.
          </Empty>
        </Inbox>
      )}
    </>
  );
}

type InboxProps = Readonly<{ actions: readonly Action[]; children: ReactNode; onMore?: (() => void) | undefined }>;

/** A list to walk and one card to decide on. A card stays open after its decision, so that its progress is seen. */
function Inbox({ actions, children, onMore }: InboxProps): ReactNode {
  const { action: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<Asked>();
  const [helping, setHelping] = useState(false);
  const selected = chosen ?? actions[0]?.id;
  const select = (id: ActionId): void => void navigate({ search: (old) => ({ ...old, action: id }), replace: true });
  useInboxKeys({ actions, selected, select, busy: asked !== undefined, onHelp: () => setHelping(true) });
  // Without a choice in the address the first card is meant; it is written there once something was asked of it.
  const question = (next: Asked): void => {
    if (chosen === undefined && actions[0] !== undefined) select(actions[0].id);
    setAsked(next);
  };
  if (selected === undefined) return children;
  return (
    <div className="inbox">
      <ul className="inbox-list" aria-label="Actions">
        {actions.map((action) => (
          <li key={action.id}>
            <InboxRow action={action} selected={action.id === selected} />
          </li>
        ))}
        {onMore === undefined ? null : (
          <li>
            <button type="button" className="button" onClick={onMore}>
              Earlier ones
            </button>
          </li>
        )}
      </ul>
      <div className="inbox-card">
        <OneAction id={selected} asked={asked} onAsk={question} />
      </div>
      {helping ? <KeysHelp list onClose={() => setHelping(false)} /> : null}
    </div>
  );
}

function InboxRow({ action, selected }: Readonly<{ action: Action; selected: boolean }>): ReactNode {
  const row = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return (
    <Link
      ref={row}
      from="/approvals"
      to="/approvals"
      search={(old) => ({ ...old, action: action.id })}
      replace
      className={selected ? "inbox-row selected" : "inbox-row"}
      aria-current={selected ? "true" : undefined}
    >
      <span className="inbox-line">
        <RowTitle action={action} />
        <StateBadge state={action.state} />
      </span>
      <span className="inbox-line muted small">
        <span>
          <Hostile text={action.requester.name} limit={60} /> · {lastingLabel(action.ttlSeconds)}
        </span>
        <Time at={action.createdAt} show="age" />
      </span>
    </Link>
  );
}

/** An address says enough by itself; of everything else, what is to be done with it. */
function RowTitle({ action }: Readonly<{ action: Action }>): ReactNode {
  if (isEnforced(action)) return <Hostile text={action.target} mono />;
  return (
    <span className="inbox-title">
      {verbOf(action)} <Hostile text={middle(action.target)} />
    </span>
  );
}
