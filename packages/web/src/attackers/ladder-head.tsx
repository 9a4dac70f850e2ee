import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useCan } from "../api/session.ts";
import { Code, middle } from "../kit/copy.tsx";
import { Icon } from "../kit/icon.tsx";
import { NoSuch } from "../shell/no-such.tsx";
import { Unmerge, type Rung } from "./merge.tsx";

type HeadProps = Readonly<{ tab: "identities" | "campaigns"; id: string }>;

export function LadderHead({ tab, id }: HeadProps): ReactNode {
  return (
    <p className="crumbs">
      <Link to="/attackers">Attackers</Link>
      <Icon name="chevron" size={12} />
      <Link to="/attackers" search={{ tab }}>
        {tab === "identities" ? "Identities" : "Campaigns"}
      </Link>
      <Icon name="chevron" size={12} />
      <Code text={id} what="id" />
    </p>
  );
}

/** Its address is no id, or there is none of this id. */
export function NoRung({ tab, id }: HeadProps): ReactNode {
  return (
    <NoSuch
      what={tab === "identities" ? "identity" : "campaign"}
      id={id}
      why="is not known here. It may have counted to another one since, or what held it together is gone."
    >
      <Link to="/attackers" search={{ tab }} className="button">
        See all {tab}
      </Link>
    </NoSuch>
  );
}

type MergedProps = Readonly<{ rung: Rung; into: string }>;

/** A merged one keeps its row and its page; what it did counts elsewhere. */
export function MergedInto({ rung, into }: MergedProps): ReactNode {
  const { noun, id } = rung;
  const can = useCan();
  return (
    <div className="notice notice-warn" role="note">
      <div className="notice-body">
        <strong>
          This {noun} was merged into{" "}
          <Link to={noun === "identity" ? "/identities/$id" : "/campaigns/$id"} params={{ id: into }} className="mono">
            {middle(into)}
          </Link>
        </strong>
        <p>What it did counts there, until somebody takes it out again.</p>
        {can("actor:write") ? <Unmerge rung={rung} of={middle(id)} /> : null}
      </div>
    </div>
  );
}
