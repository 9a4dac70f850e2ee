import {
  CORRELATION_LOSSES,
  type CorrelationLosses,
  type CorrelationLossReason,
  hidingLosses,
  type RuleLosses,
} from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import { Fragment, type ReactNode } from "react";
import { Icon } from "../kit/icon.tsx";
import { Hostile } from "../text/hostile.tsx";

const number = (value: number): string => value.toLocaleString("en");
/** Rules named here, those that lost most first; `tyr status` names them all. */
const RULES_SHOWN = 5;
const TITLE_CHARS_MAX = 120;

/** The reasons in a word or two, beside a rule; the list above says them in full. */
const SHORT: Readonly<Record<CorrelationLossReason, string>> = {
  late: "late",
  untimed: "without a time",
  ungrouped: "without its field",
  truncated: "over one group's bound",
  evicted: "let go",
  refused: "windows not usable",
  expired: "expired",
};

type LossesProps = Readonly<{ losses: CorrelationLosses; byRule: readonly RuleLosses[] }>;

/** Counts without rows of their own, since the start of the server; what is normal is not called a loss. */
export function Losses({ losses, byRule }: LossesProps): ReactNode {
  const hiding = hidingLosses(losses);
  if (hiding.length === 0) return <p className="muted small">Correlations could use every event since the start.</p>;
  return (
    <div className="losses">
      <p>
        <Icon name="alert" size={14} /> Correlations could not use everything since the start; a{" "}
        <Link to="/rules">correlation rule</Link> may have missed something:
      </p>
      <ul>
        {hiding.map(([reason, count]) => (
          <li key={reason}>
            <span className="loss-count">{number(count)}</span> {CORRELATION_LOSSES[reason]}
          </li>
        ))}
      </ul>
      <ByRule rules={byRule} />
    </div>
  );
}

function ByRule({ rules }: Readonly<{ rules: readonly RuleLosses[] }>): ReactNode {
  if (rules.length === 0) return null;
  const more = rules.length - RULES_SHOWN;
  return (
    <>
      <p className="losses-by">By rule:</p>
      <ul aria-label="Losses by correlation rule">
        {rules.slice(0, RULES_SHOWN).map((rule) => (
          <OneRule key={rule.ruleId} rule={rule} />
        ))}
        {more > 0 ? <li className="muted">and {number(more)} more rules: see tyr status</li> : null}
      </ul>
    </>
  );
}

function OneRule({ rule: { ruleId, title, losses } }: Readonly<{ rule: RuleLosses }>): ReactNode {
  return (
    <li>
      {title === null ? (
        <>
          <span className="muted">a rule that is gone</span> (<Hostile text={ruleId} limit={TITLE_CHARS_MAX} mono />)
        </>
      ) : (
        <Link to="/detections" search={{ rule: ruleId }}>
          <Hostile text={title} limit={TITLE_CHARS_MAX} />
        </Link>
      )}
      :{" "}
      {hidingLosses(losses).map(([reason, count], index) => (
        <Fragment key={reason}>
          {index === 0 ? "" : ", "}
          <span className="nowrap">
            {number(count)} {SHORT[reason]}
          </span>
        </Fragment>
      ))}
    </li>
  );
}
