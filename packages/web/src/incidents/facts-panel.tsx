import type { Incident, IncidentState, Verdict } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useCan, useSession } from "../api/session.ts";
import { Code, CopyButton } from "../kit/copy.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { ErrorNotice } from "../kit/notice.tsx";
import { RiskCard } from "../kit/risk-card.tsx";
import { SeverityBadge } from "../kit/severity.tsx";
import { StateBadge } from "../kit/state.tsx";
import { useAct } from "../kit/use-act.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

/** The left side of an incident, the same on every tab: what it is, whose it is, and where it may go next. */
export function IncidentFacts({ incident }: Readonly<{ incident: Incident }>): ReactNode {
  return (
    <aside className="incident-facts" aria-label="Incident facts">
      <section className="card">
        <p className="badges">
          <StateBadge state={incident.state} />
          <SeverityBadge severity={incident.severity} />
          <span className="badge">priority {incident.priority}</span>
          {incident.escalated ? <span className="badge state-bad">escalated</span> : null}
        </p>
        <Moves incident={incident} />
        <dl className="facts">
          <dt>Assignee</dt>
          <dd>
            <Assignee incident={incident} />
          </dd>
          <dt>Actor</dt>
          <dd>
            {incident.actorIp === null ? <span className="unknown">unknown</span> : <Actor ip={incident.actorIp} />}
          </dd>
          <dt>Category</dt>
          <dd>{incident.category.replaceAll("_", " ")}</dd>
          <dt>First event</dt>
          <dd>
            <Time at={incident.firstEventAt} />
          </dd>
          <dt>Last event</dt>
          <dd>
            <Time at={incident.lastEventAt} />
          </dd>
          <dt>Opened</dt>
          <dd>
            <Time at={incident.openedAt} show="age" />
          </dd>
          {incident.verdict === null ? null : (
            <>
              <dt>Verdict</dt>
              <dd>{incident.verdict.replaceAll("_", " ")}</dd>
            </>
          )}
          <dt>Key</dt>
          <dd>
            <Code text={incident.key} what="grouping key" />
          </dd>
        </dl>
      </section>
      <RiskCard risk={incident.risk} of={{ incident: incident.id }} />
      <section className="card">
        <h2>Techniques</h2>
        {incident.techniques.length === 0 ? <p className="muted">None were tagged.</p> : null}
        <span className="techniques">
          {incident.techniques.map((technique) => (
            <Link
              key={technique}
              to="/detections"
              search={{ technique, incident: incident.id }}
              className="technique mono"
            >
              {technique}
            </Link>
          ))}
        </span>
        <p className="muted small">{incident.tactics.map((tactic) => tactic.replaceAll("-", " ")).join(" · ")}</p>
      </section>
    </aside>
  );
}

function Actor({ ip }: Readonly<{ ip: string }>): ReactNode {
  return (
    <span className="code">
      <Link to="/attackers/$id" params={{ id: ip }} title="What is known of this address">
        <Hostile text={ip} mono />
      </Link>
      <CopyButton text={ip} what="address" />
    </span>
  );
}

function Assignee({ incident }: Readonly<{ incident: Incident }>): ReactNode {
  const can = useCan();
  const { user } = useSession();
  const assign = useAct("incident.assign", {
    stale: ["incident"],
    done: (moved) => ({ text: "The incident is yours", ref: moved.id }),
  });
  const mine = incident.assignee?.id === user.id;
  return (
    <>
      {incident.assignee === null ? <span className="muted">nobody</span> : incident.assignee.name}{" "}
      {can("incident:write") && !mine && incident.state !== "closed" ? (
        <button
          type="button"
          className="link-button"
          disabled={assign.isPending}
          onClick={() => assign.mutate({ params: { id: incident.id } })}
        >
          Take it
        </button>
      ) : null}
      {assign.error === null ? null : <ErrorNotice error={assign.error} />}
    </>
  );
}

const MOVE_WORDS: Readonly<Record<IncidentState, string>> = {
  new: "Back to new",
  investigating: "Investigate",
  contained: "Mark contained",
  resolved: "Resolve",
  closed: "Close",
};

/** Only the moves the server calls legal are there to click. */
function Moves({ incident }: Readonly<{ incident: Incident }>): ReactNode {
  const can = useCan();
  const [to, setTo] = useState<IncidentState>();
  if (!can("incident:write") || incident.legalMoves.length === 0) return null;
  return (
    <p className="moves">
      {incident.legalMoves.map((move) => (
        <button key={move} type="button" className="button small" onClick={() => setTo(move)}>
          {MOVE_WORDS[move]}
        </button>
      ))}
      {to === undefined ? null : <MoveDialog incident={incident} to={to} onClose={() => setTo(undefined)} />}
    </p>
  );
}

const VERDICTS: readonly (readonly [Verdict, string])[] = [
  ["true_positive", "True positive: it was an attack"],
  ["false_positive", "False positive: the rules were wrong"],
  ["benign", "Benign: it happened and was allowed"],
];

type MoveProps = Readonly<{ incident: Incident; to: IncidentState; onClose: () => void }>;

function MoveDialog({ incident, to, onClose }: MoveProps): ReactNode {
  const move = useAct("incident.move", {
    stale: ["incident", "overview"],
    done: (moved) => ({ text: `The incident is ${moved.state}`, ref: moved.id }),
    after: onClose,
  });
  const submit = (form: FormData): void => {
    const note = formText(form, "note");
    const verdict = VERDICTS.find(([known]) => known === formText(form, "verdict"))?.[0];
    move.mutate({
      params: { id: incident.id },
      body: { to, ...(note === "" ? {} : { note }), ...(verdict === undefined ? {} : { verdict }) },
    });
  };
  return (
    <Dialog title={MOVE_WORDS[to]} onClose={onClose}>
      <Form onData={submit}>
        <p>
          <StateBadge state={incident.state} /> to <StateBadge state={to} />
        </p>
        {to === "closed" ? (
          <Field label="Verdict" hint="Closing is final. The verdict is what the rules are judged by later.">
            {(control) => (
              <select {...control} name="verdict" required defaultValue="">
                <option value="" disabled>
                  Choose
                </option>
                {VERDICTS.map(([value, words]) => (
                  <option key={value} value={value}>
                    {words}
                  </option>
                ))}
              </select>
            )}
          </Field>
        ) : null}
        <Field label="Note" hint="Optional. It joins the timeline and the audit log.">
          {(control) => <textarea {...control} name="note" rows={3} maxLength={4000} />}
        </Field>
        <FormEnd
          verb={MOVE_WORDS[to]}
          cancel={`Keep it ${incident.state}`}
          error={move.error}
          busy={move.isPending}
          onCancel={onClose}
        />
      </Form>
    </Dialog>
  );
}
