import type { PolicyBacktest, PolicyFile } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { Field, formText } from "../kit/field.tsx";
import { Form } from "../kit/form.tsx";
import { ErrorNotice, Loaded } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { useAct } from "../kit/use-act.ts";
import { counted } from "../text/counted.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { LOOK_MS } from "../rules/replay.tsx";

const route = getRouteApi("/app/policy");
const DECISIONS = ["decision", "decisions"] as const;
const PERIODS = [
  [1, "the last day"],
  [7, "the last 7 days"],
  [30, "the last 30 days"],
  [366, "the last year"],
] as const;

/** Asks the draft about what was decided before. Nothing is stored, and nothing changes. */
export function Backtest({ files }: Readonly<{ files: readonly PolicyFile[] }>): ReactNode {
  const { backtest } = route.useSearch();
  const navigate = route.useNavigate();
  const begin = useAct("policyBacktest.create", {
    stale: ["policyBacktest"],
    done: ({ id }) => ({ text: "The backtest has begun", ref: id }),
    after: ({ id }) => void navigate({ search: (old) => ({ ...old, backtest: id }), replace: true }),
  });
  return (
    <>
      <Form
        className="backtest-form"
        onData={(form) =>
          begin.mutate({ body: { days: Number(formText(form, "days")), candidate: { files: [...files] } } })
        }
      >
        <Field label="Decisions of">
          {(control) => (
            <select {...control} name="days" defaultValue="30">
              {PERIODS.map(([days, words]) => (
                <option key={days} value={days}>
                  {words}
                </option>
              ))}
            </select>
          )}
        </Field>
        <button type="submit" className="button" disabled={begin.isPending}>
          Begin
        </button>
      </Form>
      {begin.error === null ? null : <ErrorNotice error={begin.error} />}
      {backtest === undefined ? (
        <p className="muted">It lists what would have been decided otherwise. Nothing changes by it.</p>
      ) : (
        <Watched id={backtest} />
      )}
    </>
  );
}

function Watched({ id }: Readonly<{ id: PolicyBacktest["id"] }>): ReactNode {
  const query = useQuery({
    ...ask("policyBacktest.get", { params: { id } }),
    refetchInterval: ({ state }) => (state.data?.state === "running" ? LOOK_MS : false),
  });
  const cancel = useAct("policyBacktest.cancel", {
    stale: ["policyBacktest"],
    done: () => ({ text: "The backtest was cancelled", ref: id }),
  });
  return (
    <Loaded query={query} lines={3}>
      {(found) => (
        <>
          <p className="inline">
            <StateBadge state={found.state} />
            <span className="muted small">
              begun <Time at={found.startedAt} show="age" />, {counted(found.days, ["day", "days"])}
            </span>
          </p>
          <div className="replay">
            <progress value={found.progress} max={1} aria-label="Part of the stored decisions gone over" />
            <span className="nowrap">{Math.floor(found.progress * 100)} %</span>
            <span className="muted nowrap">{counted(found.decisions, DECISIONS)}</span>
            {found.state === "running" ? (
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
          <Outcome of={found} />
        </>
      )}
    </Loaded>
  );
}

function Outcome({ of: { changes, same, unanswerable, state } }: Readonly<{ of: PolicyBacktest }>): ReactNode {
  return (
    <>
      <p>
        {counted(same, DECISIONS)} {same === 1 ? "stays" : "stay"} as {same === 1 ? "it was" : "they were"}.
      </p>
      {unanswerable === 0 ? null : (
        <p className="warning">
          {counted(unanswerable, DECISIONS)} cannot be asked again: another version of Tyr stored them with other facts.
        </p>
      )}
      {changes.length === 0 && state === "done" ? (
        <p className="muted">Nothing would have been decided otherwise.</p>
      ) : null}
      {changes.map((change) => (
        <Change key={`${change.from} ${change.to}`} change={change} />
      ))}
    </>
  );
}

const words = (outcome: string): string => outcome.replaceAll("_", " ");

function Change({
  change: { from, to, count, examples },
}: Readonly<{ change: PolicyBacktest["changes"][number] }>): ReactNode {
  const title = `${words(from)} to ${words(to)}`;
  return (
    <section className="tried" aria-label={title}>
      <p className="inline">
        <strong>{count.toLocaleString("en")}</strong> from {words(from)} to <strong>{words(to)}</strong>
      </p>
      <div className="table-wide" tabIndex={0} role="region" aria-label={`Decisions that go from ${title}`}>
        <table className="table plain-table">
          <thead>
            <tr>
              <th scope="col">Decided</th>
              <th scope="col">About</th>
              <th scope="col">By then</th>
              <th scope="col">By the draft</th>
            </tr>
          </thead>
          <tbody>
            {examples.map((one) => (
              <tr key={one.decision}>
                <td className="nowrap">
                  <Time at={one.at} show="short" />
                </td>
                <td>
                  {one.actionId === null ? (
                    <Hostile text={one.target} limit={64} mono />
                  ) : (
                    <Link to="/approvals" search={{ tab: "history", action: one.actionId }}>
                      <Hostile text={one.target} limit={64} mono />
                    </Link>
                  )}{" "}
                  <span className="muted small">{one.requesterKind}</span>
                </td>
                <td className="mono small">{one.before.join(", ")}</td>
                <td className="mono small">{one.after.join(", ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {examples.length < count ? (
        <p className="muted small">
          The first {examples.length} of {count.toLocaleString("en")}.
        </p>
      ) : null}
    </section>
  );
}
