import { REVIEW_DECISIONS_MAX, type ReviewId, type ReviewItem, type ReviewWithItems } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { AskFirst } from "../kit/confirm.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Field } from "../kit/field.tsx";
import { ErrorNotice, Loaded } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { useAct } from "../kit/use-act.ts";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

export function Campaign({ id }: Readonly<{ id: ReviewId }>): ReactNode {
  const query = useQuery(ask("review.get", { params: { id } }));
  return (
    <div className="page">
      <Loaded query={query}>{(found) => <Items found={found} />}</Loaded>
    </div>
  );
}

function holds({ now, held }: ReviewItem): string {
  const { roles, permissions, owner } = now ?? held;
  return `${(roles.length > 0 ? roles : permissions).join(", ")}${owner === null ? "" : ` (of ${owner.name})`}`;
}

function Said({ item: { decision, now, outcome, own } }: Readonly<{ item: ReviewItem }>): ReactNode {
  if (outcome !== null) return <StateBadge state={outcome} />;
  if (decision !== null)
    return (
      <>
        <StateBadge state={decision.stale ? "stale" : decision.decision} /> {decision.by.name}:{" "}
        <Hostile text={decision.reason} limit={120} />
      </>
    );
  return (
    <span className="muted">{now === null ? "gone" : own ? "your own: somebody else decides" : "not decided"}</span>
  );
}

type Picking = Readonly<{ picked: ReadonlySet<string>; pick: (id: string) => void; open: boolean }>;

function columnsFor({ picked, pick, open }: Picking): readonly Column<ReviewItem>[] {
  const box: Column<ReviewItem> = {
    id: "pick",
    header: "Pick",
    cell: (row) => (
      <input
        type="checkbox"
        aria-label={`Pick ${row.target.name}`}
        checked={picked.has(row.id)}
        disabled={row.own || row.now === null}
        onChange={() => pick(row.id)}
      />
    ),
  };
  return [
    ...(open ? [box] : []),
    { id: "name", header: "Name", className: "strong", cell: (row) => row.target.name },
    { id: "kind", header: "Kind", cell: (row) => row.kind },
    {
      id: "holds",
      header: "Holds",
      cell: (row) => (
        <>
          {holds(row)}
          {row.changed ? <span className="badge state-wait">changed since the beginning</span> : null}
        </>
      ),
    },
    {
      id: "used",
      header: "Last used",
      className: "nowrap",
      cell: (row) => <Time at={row.lastUsedAt} show="age" never="never" />,
    },
    { id: "said", header: "Decision", cell: (row) => <Said item={row} /> },
  ];
}

function Head({ found: { review } }: Readonly<{ found: ReviewWithItems }>): ReactNode {
  const may = useCan()("review:write");
  const { items, decided, gone, stale } = review.progress;
  return (
    <>
      <p>
        <Link to="/reviews">All access reviews</Link>
      </p>
      <PageHead
        title={review.name}
        about={`${decided + gone} of ${items} decided, ${stale} to be decided again. Reviewers: ${review.reviewers.map(({ name }) => name).join(", ")}.`}
      >
        <a className="button" href={`/api/v1/access-reviews/${review.id}/report.csv`} download>
          Report (CSV)
        </a>
        {may && review.state !== "closed" ? (
          <AskFirst
            word="Close"
            of={review.name}
            className="button primary"
            title={`Close ${review.name}?`}
            verb="Close and carry out"
            route="review.close"
            input={{ params: { id: review.id } }}
            stale={["review", "user", "key", "role", "duty"]}
            done={() => ({ text: `${review.name} is closed`, ref: review.id })}
          >
            What was revoked ends now, all of it or nothing. This cannot be taken back.
          </AskFirst>
        ) : null}
      </PageHead>
      <p className="badges">
        <StateBadge state={review.state} /> due <Time at={review.dueAt} />
      </p>
    </>
  );
}

function Items({ found }: Readonly<{ found: ReviewWithItems }>): ReactNode {
  const { review, items } = found;
  const may = useCan()("review:decide");
  const open = may && review.state !== "closed";
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [reason, setReason] = useState("");
  const decide = useAct("review.decide", {
    stale: ["review"],
    done: () => ({ text: "It is decided" }),
    after: () => setPicked(new Set()),
  });
  const toggle = (id: string): void => {
    const next = new Set(picked);
    if (!next.delete(id)) next.add(id);
    setPicked(next);
  };
  const ready = picked.size > 0 && reason.trim() !== "" && !decide.isPending;
  const say = (decision: "keep" | "revoke"): void => {
    if (!ready) return;
    const chosen = items.filter(({ id }) => picked.has(id)).map(({ id, digest }) => ({ id, digest }));
    const body = { items: chosen.slice(0, REVIEW_DECISIONS_MAX), decision, reason: reason.trim() };
    decide.mutate({ params: { id: review.id }, body });
  };
  // Where the focus is on a row's box, the keys decide; elsewhere they go to screens, as always.
  const onKeyDown = (event: KeyboardEvent): void => {
    const decision = event.key === "k" ? "keep" : event.key === "r" ? "revoke" : undefined;
    const isBox = event.target instanceof HTMLInputElement && event.target.type === "checkbox";
    if (decision === undefined || !isBox) return;
    event.stopPropagation();
    say(decision);
  };
  const able = items.filter(({ own, now }) => !own && now !== null);
  return (
    <>
      <Head found={found} />
      {open ? (
        <div className="form">
          <Field label="Reason" hint="Kept with every decision. On a row's box, k keeps and r revokes what is picked.">
            {(control) => (
              <input {...control} value={reason} maxLength={300} onChange={(event) => setReason(event.target.value)} />
            )}
          </Field>
          {decide.error === null ? null : <ErrorNotice error={decide.error} />}
          <p className="form-foot">
            <button type="button" className="button" onClick={() => setPicked(new Set(able.map(({ id }) => id)))}>
              Pick all
            </button>
            <button type="button" className="button danger-quiet" disabled={!ready} onClick={() => say("revoke")}>
              Revoke {picked.size}
            </button>
            <button type="button" className="button primary" disabled={!ready} onClick={() => say("keep")}>
              Keep {picked.size}
            </button>
          </p>
        </div>
      ) : null}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- the keys belong to the boxes inside */}
      <div onKeyDown={onKeyDown}>
        <DataTable
          caption="Items of the access review"
          columns={columnsFor({ picked, pick: toggle, open })}
          rows={items}
          rowKey={(row) => row.id}
        />
      </div>
    </>
  );
}
