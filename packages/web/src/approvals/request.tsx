import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { Icon } from "../kit/icon.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Hostile } from "../text/hostile.tsx";
import type { Asked } from "./decision-buttons.tsx";
import { KeysHelp, useInboxKeys } from "./inbox-keys.tsx";
import { OneAction } from "./one-action.tsx";

const route = getRouteApi("/app/approvals/$id");

/** Where a message about a request leads: to that request alone, also on a telephone. */
export function RequestPage(): ReactNode {
  return (
    <Guarded needs="action:read">
      <Request />
    </Guarded>
  );
}

function Request(): ReactNode {
  const { id } = route.useParams();
  const [asked, setAsked] = useState<Asked>();
  const [helping, setHelping] = useState(false);
  useInboxKeys({
    actions: [],
    selected: undefined,
    select: () => undefined,
    busy: asked !== undefined,
    onHelp: () => setHelping(true),
  });
  return (
    <div className="page">
      <p className="crumbs">
        <Link to="/approvals">Approvals</Link>
        <Icon name="chevron" size={12} />
        <Hostile text={id} limit={60} mono />
      </p>
      <PageHead title="Request" about="What is asked for, what policy says, and what would change." />
      <OneAction id={id} asked={asked} onAsk={setAsked} />
      {helping ? <KeysHelp list={false} onClose={() => setHelping(false)} /> : null}
    </div>
  );
}
