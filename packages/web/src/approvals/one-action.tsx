import { isId, type Action, type ActionId } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { actionQuery } from "../api/queries.ts";
import { Empty, Loaded } from "../kit/notice.tsx";
import { Hostile } from "../text/hostile.tsx";
import { ActionCard } from "./card.tsx";
import type { Asked } from "./decision-buttons.tsx";

const MOVING: readonly Action["state"][] = ["pending", "approved", "executing", "unknown", "reverting"];

type OneProps = Readonly<{ id: string; asked: Asked; onAsk: (asked: Asked) => void }>;

/** The card of one request: of this one or of none, so that nobody decides about another than they were sent to. */
export function OneAction({ id, ...rest }: OneProps): ReactNode {
  return isId("action", id) ? <Known id={id} {...rest} /> : <NoSuchRequest id={id} />;
}

function Known({ id, asked, onAsk }: OneProps & Readonly<{ id: ActionId }>): ReactNode {
  const query = useQuery({
    ...actionQuery(id),
    refetchInterval: ({ state: { data } }) => (data !== undefined && MOVING.includes(data.state) ? 2000 : false),
  });
  return (
    <Loaded query={query} gone={<NoSuchRequest id={id} />}>
      {(action) => <ActionCard key={action.id} action={action} asked={asked} onAsk={onAsk} />}
    </Loaded>
  );
}

function NoSuchRequest({ id }: Readonly<{ id: string }>): ReactNode {
  return (
    <Empty
      icon="approvals"
      title="There is no such request"
      action={
        <Link to="/approvals" className="button">
          See what waits
        </Link>
      }
    >
      <Hostile text={id} limit={80} mono /> is no request of this server. The link may have been cut off, or belong to
      another installation.
    </Empty>
  );
}
