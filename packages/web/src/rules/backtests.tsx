import type { Backtest, BacktestNew, RuleDetail } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { Field, formText } from "../kit/field.tsx";
import { Form } from "../kit/form.tsx";
import { ErrorNotice, Loaded } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { useAct } from "../kit/use-act.ts";
import { Time } from "../time/time.tsx";
import { BacktestResult } from "./backtest-result.tsx";

const route = getRouteApi("/app/rules/$id");
const DAY_MS = 86_400_000;
const PERIODS = [
  [1, "the last day"],
  [7, "the last 7 days"],
  [30, "the last 30 days"],
  [366, "the last year"],
] as const;
/** While it runs, how often it is looked at. */
const LOOK_MS = 700;

/** Tries the rule, or a draft of it, on what is stored already; nothing is stored and nobody is told. */
export function Backtests({ rule }: Readonly<{ rule: RuleDetail }>): ReactNode {
  const { backtest } = route.useSearch();
  const navigate = route.useNavigate();
  const show = (id: Backtest["id"]): void =>
    void navigate({ search: (old) => ({ ...old, backtest: id }), replace: true });
  return (
    <>
      <Begin rule={rule} onBegun={show} />
      {backtest === undefined ? null : <Watched id={backtest} />}
      <Before ruleId={rule.id} shown={backtest} onShow={show} />
    </>
  );
}

type BeginProps = Readonly<{ rule: RuleDetail; onBegun: (id: Backtest["id"]) => void }>;

function Begin({ rule, onBegun }: BeginProps): ReactNode {
  const [draft, setDraft] = useState(false);
  const begin = useAct("backtest.create", {
    stale: ["backtest"],
    done: ({ id }) => ({ text: "The backtest has begun", ref: id }),
    after: ({ id }) => onBegun(id),
  });
  const submit = (form: FormData): void => {
    const now = Date.now();
    const period = {
      from: new Date(now - Number(formText(form, "days")) * DAY_MS).toISOString(),
      to: new Date(now).toISOString(),
    };
    const body: BacktestNew = draft ? { ...period, text: formText(form, "text") } : { ...period, ruleId: rule.id };
    begin.mutate({ body });
  };
  return (
    <section className="card">
      <h2>Try it on stored events</h2>
      <Form onData={submit}>
        <div className="form-row">
          <Field label="Events of">
            {(control) => (
              <select {...control} name="days" defaultValue="7">
                {PERIODS.map(([days, words]) => (
                  <option key={days} value={days}>
                    {words}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label="What is tried">
            {(control) => (
              <select
                {...control}
                value={draft ? "draft" : "rule"}
                onChange={(event) => setDraft(event.target.value === "draft")}
              >
                <option value="rule">the rule in force</option>
                <option value="draft">a draft of it</option>
              </select>
            )}
          </Field>
        </div>
        {draft ? (
          <Field label="Draft" hint="Sigma documents. What the draft finds is compared with the rule in force.">
            {(control) => (
              <textarea
                {...control}
                name="text"
                className="mono draft"
                rows={14}
                required
                maxLength={65_536}
                defaultValue={rule.yaml}
                spellCheck={false}
              />
            )}
          </Field>
        ) : null}
        {begin.error === null ? null : <ErrorNotice error={begin.error} />}
        <p className="form-foot">
          <button type="submit" className="button primary" disabled={begin.isPending}>
            Begin
          </button>
        </p>
      </Form>
    </section>
  );
}

function Watched({ id }: Readonly<{ id: Backtest["id"] }>): ReactNode {
  const query = useQuery({
    ...ask("backtest.get", { params: { id } }),
    refetchInterval: ({ state }) => (state.data?.state === "running" ? LOOK_MS : false),
  });
  return <Loaded query={query}>{(backtest) => <Shown backtest={backtest} />}</Loaded>;
}

function Shown({ backtest }: Readonly<{ backtest: Backtest }>): ReactNode {
  const cancel = useAct("backtest.cancel", {
    stale: ["backtest"],
    done: ({ id }) => ({ text: "The backtest was cancelled", ref: id }),
  });
  const { id, state, from, to, progress, events } = backtest;
  const done = Math.floor(progress * 100);
  return (
    <section className="card" aria-label="Backtest">
      <div className="card-title">
        <h2>Backtest</h2>
        <StateBadge state={state} />
        <span className="muted small">
          <Time at={from} /> to <Time at={to} />
        </span>
      </div>
      <div className="replay">
        <progress value={progress} max={1} aria-label="Part of the stored events gone over" />
        <span className="nowrap">{done} %</span>
        <span className="muted nowrap">{events.toLocaleString("en")} events</span>
        {state === "running" ? (
          <button
            type="button"
            className="button small"
            disabled={cancel.isPending}
            onClick={() => cancel.mutate({ params: { id } })}
          >
            Cancel
          </button>
        ) : null}
      </div>
      {state === "interrupted" ? (
        <p className="warning">It was interrupted: the server’s log says why. What it found until then stands below.</p>
      ) : null}
      <BacktestResult backtest={backtest} />
    </section>
  );
}

type BeforeProps = Readonly<{
  ruleId: string;
  shown: Backtest["id"] | undefined;
  onShow: (id: Backtest["id"]) => void;
}>;

/** Others of this rule since the server was started. */
function Before({ ruleId, shown, onShow }: BeforeProps): ReactNode {
  const { data } = useQuery(ask("backtest.list", {}));
  const items = data?.items.filter(({ id, rules }) => id !== shown && rules.some((one) => one.ruleId === ruleId)) ?? [];
  if (items.length === 0) return null;
  return (
    <section className="card">
      <h2>Before</h2>
      <ul className="plain">
        {items.map(({ id, state, startedAt, rules }) => (
          <li key={id} className="inline">
            <StateBadge state={state} />
            <button type="button" className="link-button" onClick={() => onShow(id)}>
              <Time at={startedAt} />
            </button>
            <span className="muted">
              {rules.reduce((sum, { detections }) => sum + detections, 0).toLocaleString("en")} found
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
