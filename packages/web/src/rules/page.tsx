import { RULE_REACHES, SEVERITIES, type RuleFigures, type RuleWithState } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { Chips } from "../kit/chips.tsx";
import { Code } from "../kit/copy.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { formText } from "../kit/field.tsx";
import { chipsOf } from "../kit/filter-chips.ts";
import { FilterSelect } from "../kit/filter-select.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";
import { Empty, ErrorNotice, Loaded } from "../kit/notice.tsx";
import { SeverityShape } from "../kit/severity.tsx";
import { StateBadge } from "../kit/state.tsx";
import { useSort } from "../search/use-sort.ts";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { counted } from "../text/counted.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { percent, REACH_WORDS, RULE_STATES } from "./words.ts";

const route = getRouteApi("/app/rules");
const NONE: readonly RuleFigures[] = [];

/** A rule with its figures, which are read apart: they are there a moment later, or not at all. */
type Row = Readonly<{ rule: RuleWithState; figures: RuleFigures | undefined }>;

const unknown = <span className="unknown">unknown</span>;
const share = (part: number | null | undefined): ReactNode =>
  part === null || part === undefined ? unknown : percent(part);

const COLUMNS: readonly Column<Row>[] = [
  {
    id: "title",
    header: "Rule",
    className: "clip",
    sortBy: ({ rule }) => rule.title.toLowerCase(),
    cell: ({ rule }) => (
      <Link to="/rules/$id" params={{ id: rule.id }} className="row-link">
        <SeverityShape severity={rule.level} />
        <span className="sr-only">{rule.level}: </span>
        <Hostile text={rule.title} limit={200} />
      </Link>
    ),
  },
  {
    id: "state",
    header: "State",
    className: "nowrap",
    sortBy: ({ rule }) => rule.state,
    cell: ({ rule }) => <StateBadge state={rule.state} />,
  },
  {
    id: "techniques",
    header: "Techniques",
    className: "mono nowrap small",
    cell: ({ rule }) => `${rule.techniques.slice(0, 2).join(" ")}${rule.techniques.length > 2 ? " …" : ""}`,
  },
  {
    id: "detections",
    header: "Detections",
    align: "end",
    sortBy: ({ rule }) => rule.detections,
    cell: ({ rule }) => (
      <Link to="/detections" search={{ rule: rule.id }}>
        {rule.detections.toLocaleString("en")}
      </Link>
    ),
  },
  {
    id: "last",
    header: "Last",
    className: "nowrap",
    sortBy: ({ rule }) => rule.lastDetectionAt ?? "",
    cell: ({ rule }) => <Time at={rule.lastDetectionAt} show="age" never="never" />,
  },
  {
    id: "precision",
    header: "Precision",
    align: "end",
    sortBy: ({ figures }) => figures?.precision.value ?? -1,
    cell: ({ figures }) => share(figures?.precision.value),
  },
  {
    id: "cost",
    header: "Cost",
    align: "end",
    sortBy: ({ figures }) => figures?.cost.share ?? -1,
    cell: ({ figures }) => share(figures?.cost.share),
  },
  {
    id: "reach",
    header: "Could fire",
    className: "nowrap",
    sortBy: ({ figures }) => figures?.reach.reach ?? "",
    cell: ({ figures }) =>
      figures === undefined || figures.reach.reach === "unknown" ? unknown : REACH_WORDS[figures.reach.reach].short,
  },
];

export function RulesPage(): ReactNode {
  return (
    <Guarded needs="detection:read">
      <Rules />
    </Guarded>
  );
}

function Rules(): ReactNode {
  const query = useQuery(ask("rule.states", {}));
  const figures = useQuery(ask("rule.figureList", { query: {} }));
  return (
    <div className="page">
      <PageHead
        title="Rules"
        about="What is looked for: the state of each rule, what it found, and whether it could fire."
      />
      <Refused />
      <Filters />
      {figures.error === null ? null : <ErrorNotice error={figures.error} retry={() => void figures.refetch()} />}
      <Loaded query={query} lines={12}>
        {({ items, packDigest }) => <Table rules={items} figures={figures.data?.items ?? NONE} digest={packDigest} />}
      </Loaded>
    </div>
  );
}

type TableProps = Readonly<{ rules: readonly RuleWithState[]; figures: readonly RuleFigures[]; digest: string }>;

function Table({ rules, figures, digest }: TableProps): ReactNode {
  const { q, state, level, never, reach } = route.useSearch();
  const sorting = useSort();
  const rows = useMemo(() => {
    const byRule = new Map(figures.map((one) => [one.ruleId, one]));
    return rules.map((rule): Row => ({ rule, figures: byRule.get(rule.id) }));
  }, [rules, figures]);
  const words = q?.toLowerCase();
  const shown = rows.filter(
    ({ rule, figures: own }) =>
      (words === undefined || `${rule.title} ${rule.id} ${rule.techniques.join(" ")}`.toLowerCase().includes(words)) &&
      (state === undefined || rule.state === state) &&
      (level === undefined || rule.level === level) &&
      (never === undefined || rule.detections === 0) &&
      (reach === undefined || own?.reach.reach === reach),
  );
  if (rules.length === 0)
    return (
      <Empty icon="filter" title="No rule is in force">
        Rules are Sigma documents in the folders the server was started with. Without one nothing is recognised.
      </Empty>
    );
  return (
    <>
      <p className="muted">
        {shown.length === rules.length ? "" : `${shown.length} of `}
        {counted(rules.length, ["rule", "rules"])}, pack <Code text={digest} what="pack digest" short />
      </p>
      {shown.length === 0 ? (
        <Empty icon="filter" title="No rule matches">
          All filters are listed above; each can be taken away.
        </Empty>
      ) : (
        <DataTable caption="Rules" columns={COLUMNS} rows={shown} rowKey={({ rule }) => rule.id} {...sorting} />
      )}
    </>
  );
}

function Filters(): ReactNode {
  const { q, state, level, never, reach } = route.useSearch();
  const navigate = route.useNavigate();
  const said = { text: q, state, level, reach: reach && REACH_WORDS[reach].short, fired: never && "never" };
  const keys: Readonly<Record<string, string>> = { text: "q", fired: "never" };
  const chips = chipsOf(
    said,
    (label) => void navigate({ search: (old) => ({ ...old, [keys[label] ?? label]: undefined }) }),
  );
  return (
    <>
      <Form
        className="filter-bar"
        label="Filter rules"
        search
        onData={(data) => void navigate({ search: (old) => ({ ...old, q: formText(data, "q") || undefined }) })}
      >
        <span className="filter-line">
          <Icon name="search" />
          <input
            key={q ?? ""}
            name="q"
            type="search"
            aria-label="Find a rule"
            placeholder="A rule by title, id or technique"
            defaultValue={q}
            maxLength={80}
            autoComplete="off"
            spellCheck={false}
          />
        </span>
        <FilterSelect
          label="State"
          any="Any state"
          options={RULE_STATES}
          value={state}
          onChange={(next) => void navigate({ search: (old) => ({ ...old, state: next }) })}
        />
        <FilterSelect
          label="Level"
          any="Any level"
          options={SEVERITIES}
          value={level}
          onChange={(next) => void navigate({ search: (old) => ({ ...old, level: next }) })}
        />
        <FilterSelect
          label="Could it fire"
          any="Could fire or not"
          options={RULE_REACHES}
          value={reach}
          words={(one) => REACH_WORDS[one].short}
          onChange={(next) => void navigate({ search: (old) => ({ ...old, reach: next }) })}
        />
        <button
          type="button"
          className="toggle"
          aria-pressed={never === "only"}
          onClick={() =>
            void navigate({ search: (old) => ({ ...old, never: old.never === undefined ? "only" : undefined }) })
          }
        >
          Never fired
        </button>
      </Form>
      <Chips chips={chips} clear={() => void navigate({ search: ({ tz, sort }) => ({ tz, sort }) })} />
    </>
  );
}

/** Files that are no rules: they look like protection and are none. */
function Refused(): ReactNode {
  const rejected = useQuery(ask("rule.list", {})).data?.rejected ?? [];
  if (rejected.length === 0) return null;
  return (
    <div className="notice notice-warn" role="note">
      <div className="notice-body">
        <strong>
          {rejected.length === 1
            ? "1 rule file was refused: it matches nothing"
            : `${rejected.length} rule files were refused: they match nothing`}
        </strong>
        <ul className="plain">
          {rejected.map((file) => (
            <li key={`${file.path}:${file.line}:${file.column}`}>
              <span className="mono">
                {file.path}:{file.line}:{file.column}
              </span>{" "}
              <Hostile text={file.message} limit={300} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
