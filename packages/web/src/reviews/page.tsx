import type { Review } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Icon } from "../kit/icon.tsx";
import { Empty, Loaded } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Time } from "../time/time.tsx";
import { BeginReview } from "./begin-review.tsx";
import { Campaign } from "./campaign.tsx";

const route = getRouteApi("/app/reviews");

const COLUMNS: readonly Column<Review>[] = [
  {
    id: "name",
    header: "Access review",
    cell: (row) => (
      <Link to="/reviews" search={{ review: row.id }} className="row-link strong">
        {row.name}
      </Link>
    ),
  },
  { id: "scope", header: "About", cell: (row) => (row.role === null ? row.scope : `role ${row.role}`) },
  { id: "state", header: "State", className: "nowrap", cell: (row) => <StateBadge state={row.state} /> },
  {
    id: "decided",
    header: "Decided",
    align: "end",
    cell: ({ progress }) => `${progress.decided + progress.gone} of ${progress.items}`,
  },
  { id: "due", header: "Due", className: "nowrap", cell: (row) => <Time at={row.dueAt} /> },
  {
    id: "next",
    header: "Next due",
    className: "nowrap",
    cell: (row) => <Time at={row.nextDueAt} never="once" />,
  },
];

export function ReviewsPage(): ReactNode {
  const { review } = route.useSearch();
  return (
    <Guarded needs="review:read">{review === undefined ? <Reviews /> : <Campaign key={review} id={review} />}</Guarded>
  );
}

function Reviews(): ReactNode {
  const may = useCan()("review:write");
  const [beginning, setBeginning] = useState(false);
  const query = useQuery(ask("review.list", {}));
  return (
    <div className="page">
      <PageHead
        title="Access reviews"
        about="Who holds what is written down, somebody decides who keeps it, and closing ends the rest."
      >
        {may ? (
          <button type="button" className="button primary" onClick={() => setBeginning(true)}>
            <Icon name="plus" /> Begin a review
          </button>
        ) : null}
      </PageHead>
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="review" title="No access review yet">
              The first one shows who can do what, and when they last did.
            </Empty>
          ) : (
            <DataTable caption="Access reviews" columns={COLUMNS} rows={items} rowKey={(row) => row.id} />
          )
        }
      </Loaded>
      {beginning ? <BeginReview onClose={() => setBeginning(false)} /> : null}
    </div>
  );
}
