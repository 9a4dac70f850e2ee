import type { AttackMatrix } from "@tyr/contract";
import { useQuery, keepPreviousData } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback, useMemo, type ReactNode } from "react";
import { ask, defined } from "../api/queries.ts";
import { Empty, Loaded } from "../kit/notice.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Time } from "../time/time.tsx";
import { CellPanel } from "./cell-panel.tsx";
import { Downloads } from "./downloads.tsx";
import { MatrixFilters } from "./filters.tsx";
import { Matrix } from "./matrix.tsx";
import { cellOf, chosen, LAYERS, totals } from "./model.ts";

const route = getRouteApi("/app/attack");

export function AttackPage(): ReactNode {
  return (
    <Guarded needs="detection:read">
      <Attack />
    </Guarded>
  );
}

/** What the matrix is asked: the filters the server applies. */
function useAsked() {
  const { domain, confidence, from, to } = route.useSearch();
  const floor = confidence === undefined ? undefined : Number(confidence);
  return defined({ domain, from, to, confidence: floor });
}

function Attack(): ReactNode {
  const { cell } = route.useSearch();
  const navigate = route.useNavigate();
  const asked = useAsked();
  const query = useQuery({ ...ask("ttp.matrix", { query: asked }), placeholderData: keepPreviousData });
  const close = useCallback(() => void navigate({ search: (old) => ({ ...old, cell: undefined }) }), [navigate]);
  const found = cell === undefined || query.data === undefined ? undefined : cellOf(query.data.tactics, cell);
  return (
    <div className="page split">
      <div className="split-main">
        <PageHead
          title="ATT&amp;CK"
          about="What the rules in force recognise, what of it is tested, and what was seen."
        >
          <Downloads asked={asked} domain={query.data?.domain} />
        </PageHead>
        <MatrixFilters matrix={query.data} />
        <Loaded query={query} lines={14}>
          {(matrix) => <Drawn matrix={matrix} />}
        </Loaded>
      </div>
      {found === undefined || query.data === undefined ? null : (
        <CellPanel key={cell} found={found} asked={asked} domain={query.data.domain} onClose={close} />
      )}
    </div>
  );
}

function Drawn({ matrix }: Readonly<{ matrix: AttackMatrix }>): ReactNode {
  const { q, show, parts, cell, ...search } = route.useSearch();
  const navigate = route.useNavigate();
  const { cover, seen, tested } = search;
  const layers = useMemo(() => {
    const off = { cover, seen, tested };
    return new Set(LAYERS.filter((layer) => off[layer] === undefined));
  }, [cover, seen, tested]);
  const tactics = useMemo(() => chosen(matrix.tactics, { q, found: show === "found" }), [matrix, q, show]);
  const open = useCallback(
    (key: string) => void navigate({ search: (old) => ({ ...old, cell: key }), replace: true }),
    [navigate],
  );
  const isEmpty = tactics.every(({ techniques }) => techniques.length === 0);
  return (
    <>
      <Summary matrix={matrix} />
      {isEmpty ? (
        <Empty
          icon="filter"
          title="No technique matches"
          action={
            <Link to="/attack" search={({ tz }) => ({ tz })} className="button">
              Show the whole matrix
            </Link>
          }
        >
          All filters are listed above; each can be taken away.
        </Empty>
      ) : (
        <Matrix tactics={tactics} layers={layers} allParts={parts === "all"} selected={cell} onOpen={open} />
      )}
    </>
  );
}

/** The release, what is counted, and MITRE's notice; numbers are of the whole domain, whatever is shown. */
function Summary({ matrix }: Readonly<{ matrix: AttackMatrix }>): ReactNode {
  const { techniques, covered, tested, seen } = useMemo(() => totals(matrix.tactics), [matrix]);
  return (
    <p className="attack-summary">
      <span>
        {matrix.name} {matrix.release}: of {techniques.toLocaleString("en")} techniques and sub-techniques{" "}
        <strong>{covered}</strong> are covered, <strong>{tested}</strong> tested, <strong>{seen}</strong> seen
        {matrix.from === null && matrix.to === null ? null : (
          <>
            {" from "}
            <Time at={matrix.from} never="the first event" /> to <Time at={matrix.to} never="now" />
          </>
        )}{" "}
        at a confidence of {matrix.confidence} or more.
      </span>{" "}
      <span className="muted small">{matrix.notice}</span>
    </p>
  );
}
