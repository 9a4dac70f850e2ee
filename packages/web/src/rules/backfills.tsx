import type { Backfill, RuleDetail } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { Field, formText } from "../kit/field.tsx";
import { Form } from "../kit/form.tsx";
import { ErrorNotice } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { useAct } from "../kit/use-act.ts";
import { counted, DETECTIONS } from "../text/counted.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { useZone } from "../time/use-zone.ts";
import { LOOK_MS, PeriodField, periodOf, ReplayProgress } from "./replay.tsx";

/** Lets the rule in force find in older events: what it finds is stored and marked, and nobody is told. */
export function Backfills({ rule }: Readonly<{ rule: RuleDetail }>): ReactNode {
  const can = useCan();
  const query = useQuery({
    ...ask("backfill.list", {}),
    refetchInterval: ({ state }) =>
      state.data?.items.some((one) => one.state === "running") === true ? LOOK_MS : false,
  });
  const own = query.data?.items.filter(({ ruleId }) => ruleId === rule.id) ?? [];
  return (
    <>
      {can("rule:backfill") ? <Begin rule={rule} /> : null}
      {query.error === null ? null : <ErrorNotice error={query.error} retry={() => void query.refetch()} />}
      {own.map((backfill) => (
        <Shown key={backfill.id} backfill={backfill} />
      ))}
      {own.length === 0 && !can("rule:backfill") ? (
        <p className="muted">None since the server was started. Beginning one needs the permission rule:backfill.</p>
      ) : null}
    </>
  );
}

function Begin({ rule }: Readonly<{ rule: RuleDetail }>): ReactNode {
  const zone = useZone();
  const begin = useAct("backfill.create", {
    stale: ["backfill", "audit"],
    done: ({ id }) => ({ text: "The backfill has begun", ref: id }),
  });
  const submit = (form: FormData): void =>
    begin.mutate({ body: { ruleId: rule.id, ...periodOf(form, zone), reason: formText(form, "reason") } });
  return (
    <section className="card">
      <h2>Let it find in older events</h2>
      <p className="muted small">
        Detections and tags are stored and marked as backfilled; no incident is opened and nobody is told.
      </p>
      <Form onData={submit}>
        <div className="form-row">
          <PeriodField />
          <Field label="Reason">
            {(control) => <input {...control} name="reason" required maxLength={300} autoComplete="off" />}
          </Field>
        </div>
        {begin.error === null ? null : <ErrorNotice error={begin.error} />}
        <p className="form-foot">
          <button type="submit" className="button" disabled={begin.isPending}>
            Begin the backfill
          </button>
        </p>
      </Form>
    </section>
  );
}

function Shown({ backfill }: Readonly<{ backfill: Backfill }>): ReactNode {
  const can = useCan();
  const cancel = useAct("backfill.cancel", {
    stale: ["backfill", "audit"],
    done: ({ id }) => ({ text: "The backfill was cancelled", ref: id }),
  });
  const { id, state, by, startedAt, from, to, reason, detections, tags } = backfill;
  return (
    <section className="card" aria-label="Backfill">
      <div className="card-title">
        <h2>Backfill</h2>
        <StateBadge state={state} />
        <span className="muted small">
          <Hostile text={by.name} limit={80} />, <Time at={startedAt} show="age" />
        </span>
      </div>
      <ReplayProgress
        of={backfill}
        busy={cancel.isPending}
        onCancel={can("rule:backfill") ? () => cancel.mutate({ params: { id } }) : undefined}
      />
      <p>
        {counted(detections, DETECTIONS)} and {counted(tags, ["tag", "tags"])} written, of events from{" "}
        <Time at={from} /> to <Time at={to} />.
      </p>
      <p className="muted small">
        <Hostile text={reason} limit={300} />
      </p>
    </section>
  );
}
