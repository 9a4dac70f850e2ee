import type { Action, Block } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { blockQuery } from "../api/queries.ts";
import { Icon, type IconName } from "../kit/icon.tsx";
import { StateBadge } from "../kit/state.tsx";
import { Time } from "../time/time.tsx";
import { stagesOf, type StageState } from "./stages.ts";

const ICONS: Readonly<Record<StageState, IconName>> = { done: "check", now: "clock", ahead: "clock", stopped: "cross" };

/** requested → approved → executed → acknowledged. Each step is shown once the server says so, never before. */
export function Progress({ action }: Readonly<{ action: Action }>): ReactNode {
  const query = useQuery({
    ...blockQuery(action.blockId ?? "blk_none"),
    enabled: action.blockId !== null,
    refetchInterval: (state) => (isSettled(state.state.data) ? 15_000 : 2000),
  });
  const block = action.blockId === null ? undefined : query.data;
  return (
    <>
      <ol className="stages" aria-label="Progress">
        {stagesOf(action, block).map((stage) => (
          <li key={stage.title} className={`stage stage-${stage.state}`}>
            <span className="stage-dot">
              <Icon name={ICONS[stage.state]} size={12} />
            </span>
            <span className="stage-title">
              {stage.title}
              <span className="sr-only">: {stage.state}</span>
            </span>
            <span className="muted small">
              {stage.at === null ? null : <Time at={stage.at} show="short" />}
              {stage.at === null || stage.detail === "" ? " " : " · "}
              {stage.detail}
            </span>
          </li>
        ))}
      </ol>
      {action.failure === null ? null : (
        <p className="warning">
          <Icon name="alert" size={14} /> {action.failure}
        </p>
      )}
      {block === undefined ? null : <Enforcements block={block} />}
    </>
  );
}

const isSettled = (block: Block | undefined): boolean =>
  block !== undefined && (block.state !== "active" || block.enforcement.every((point) => point.state !== "requested"));

export function Enforcements({ block }: Readonly<{ block: Block }>): ReactNode {
  if (block.enforcement.length === 0) {
    return (
      <p className="warning">
        <Icon name="alert" size={14} />
        <span>
          No enforcement point is registered: the block is listed in the feed, and nobody was seen to take it.{" "}
          <Link to="/blocks" search={{ tab: "enforcers" }}>
            Register one
          </Link>
        </span>
      </p>
    );
  }
  return (
    <ul className="rows compact" aria-label="Where the block is in force">
      {block.enforcement.map((point) => (
        <li key={point.enforcerId}>
          <StateBadge state={point.state} />
          <span className="strong">{point.name}</span>
          <span className="muted grow">{point.detail}</span>
          {point.at === null ? null : <Time at={point.at} />}
        </li>
      ))}
    </ul>
  );
}
