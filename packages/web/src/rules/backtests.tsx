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
import { useZone } from "../time/use-zone.ts";
import { BacktestResult } from "./backtest-result.tsx";
import { LOOK_MS, PeriodField, periodOf, ReplayProgress } from "./replay.tsx";

const route = getRouteApi("/app/rules/$id");
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
  const zone = useZone();
  const [draft, setDraft] = useState(false);
  const begin = useAct("backtest.create", {
    stale: ["backtest"],
    done: ({ id }) => ({ text: "The backtest has begun", ref: id }),
    after: ({ id }) => onBegun(id),
  });
  const submit = (form: FormData): void => {
    const period = periodOf(form, zone);
    const body: BacktestNew = draft ? { ...period, text: formText(form, "text") } : { ...period, ruleId: rule.id };
    begin.mutate({ body });
  };
  return (
    <section className="card">
      <h2>Try it on stored events</h2>
      <Form onData={submit}>
        <div className="form-row">
          <PeriodField />
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
  const { id, state, from, to } = backtest;
  return (
    <section className="card" aria-label="Backtest">
      <div className="card-title">
        <h2>Backtest</h2>
        <StateBadge state={state} />
        <span className="muted small">
          <Time at={from} /> to <Time at={to} />
        </span>
      </div>
      <ReplayProgress of={backtest} busy={cancel.isPending} onCancel={() => cancel.mutate({ params: { id } })} />
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
