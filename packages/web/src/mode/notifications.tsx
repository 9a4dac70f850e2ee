import type { Notification, NotificationView } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Icon } from "../kit/icon.tsx";
import { ErrorNotice, Loaded } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { useAct } from "../kit/use-act.ts";
import { counted } from "../text/counted.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

const STALE = ["notification"] as const;
/** A message goes out within a second or two of its turn. */
const LOOK_MS = 2_000;
/** Newest messages shown; `tyr notify status` has fifty. */
const SHOWN = 8;
const MESSAGES = ["message", "messages"] as const;
const THINGS = ["thing", "things"] as const;

const ABOUT: Readonly<Record<Notification["kind"], string>> = {
  waiting: "something waits for approval",
  deadline: "a deadline comes near",
  break_glass: "somebody broke the glass",
  decided: "something was decided",
  done: "something was carried out",
  failed: "something failed",
  digest: "many things in one",
  test: "a test",
};

const COLUMNS: readonly Column<Notification>[] = [
  { id: "made", header: "Made", className: "nowrap", cell: ({ madeAt }) => <Time at={madeAt} /> },
  {
    id: "about",
    header: "About",
    className: "clip wide",
    cell: ({ kind, count }) => (
      <>
        {ABOUT[kind]}
        {count === 1 ? null : <span className="muted"> ({counted(count, THINGS)})</span>}
      </>
    ),
  },
  { id: "state", header: "State", className: "nowrap", cell: ({ state }) => <StateBadge state={state} /> },
  { id: "attempts", header: "Attempts", align: "end", cell: ({ attempts }) => attempts },
  {
    id: "failure",
    header: "Why not",
    className: "clip",
    cell: ({ failure, state }) =>
      failure === null || state === "delivered" ? null : <Hostile text={failure} limit={200} />,
  },
  { id: "again", header: "Change", className: "nowrap", cell: (row) => <Again row={row} /> },
];

function Again({ row: { id, state, kind } }: Readonly<{ row: Notification }>): ReactNode {
  const can = useCan();
  const retry = useAct("notification.retry", { stale: STALE, done: () => ({ text: "It is sent again", ref: id }) });
  if (state !== "given_up" || !can("notification:write")) return null;
  return (
    <>
      <button
        type="button"
        className="link-button"
        disabled={retry.isPending}
        onClick={() => retry.mutate({ params: { id } })}
      >
        Send again<span className="sr-only">: {ABOUT[kind]}</span>
      </button>
      {retry.error === null ? null : <ErrorNotice error={retry.error} />}
    </>
  );
}

/** Whether people are told outside of Tyr, what waits and what could not be delivered. */
export function Notifications(): ReactNode {
  const can = useCan();
  const query = useQuery({
    ...ask("notification.get", {}),
    enabled: can("notification:read"),
    refetchInterval: ({ state }) => ((state.data?.waiting ?? 0) > 0 ? LOOK_MS : false),
  });
  if (!can("notification:read")) return null;
  return (
    <section className="card" aria-labelledby="notifications">
      <div className="section-head">
        <h2 id="notifications">Messages to people outside of Tyr</h2>
        {query.data?.on === true && can("notification:write") ? <Test /> : null}
      </div>
      <Loaded query={query} lines={3}>
        {(view) => (view.on ? <Shown view={view} /> : <Off />)}
      </Loaded>
    </section>
  );
}

function Off(): ReactNode {
  return (
    <p>
      Off: nobody is told that something waits unless they look here. Whoever runs the server turns it on by{" "}
      <code>TYR_NOTIFY_URL</code>.
    </p>
  );
}

function Test(): ReactNode {
  const test = useAct("notification.test", {
    stale: STALE,
    done: ({ id }) => ({ text: "A test is on its way: see below whether it arrives", ref: id }),
  });
  return (
    <>
      <button type="button" className="button small" disabled={test.isPending} onClick={() => test.mutate({})}>
        Send a test
      </button>
      {test.error === null ? null : <ErrorNotice error={test.error} />}
    </>
  );
}

function Shown({ view }: Readonly<{ view: NotificationView }>): ReactNode {
  const { host, gathered, waiting, givenUp, lastDeliveredAt, items } = view;
  return (
    <>
      {givenUp === 0 ? null : (
        <p className="warning">
          <Icon name="alert" size={14} />
          <span>{counted(givenUp, MESSAGES)} could not be delivered, and nobody tries again by itself.</span>
        </p>
      )}
      <dl className="facts">
        <dt>To</dt>
        <dd>
          <Hostile text={host ?? "unknown"} limit={255} mono />
        </dd>
        <dt>About</dt>
        <dd>{view.about.map((kind) => ABOUT[kind]).join(", ")}</dd>
        <dt>Waiting</dt>
        <dd>
          {counted(waiting, MESSAGES)}
          {gathered === 0 ? null : `, and ${counted(gathered, THINGS)} in no message yet`}
        </dd>
        <dt>Last delivered</dt>
        <dd>
          <Time at={lastDeliveredAt} never="never" />
        </dd>
      </dl>
      {items.length === 0 ? null : (
        <DataTable caption="Newest messages" columns={COLUMNS} rows={items.slice(0, SHOWN)} rowKey={({ id }) => id} />
      )}
    </>
  );
}
