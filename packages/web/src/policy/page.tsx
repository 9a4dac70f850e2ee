import { getRouteApi } from "@tanstack/react-router";
import { useCallback, type ReactNode } from "react";
import { rolesWith, roleTitle, useCan } from "../api/session.ts";
import { Empty } from "../kit/notice.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { Guarded } from "../shell/guarded.tsx";
import { PageHead } from "../shell/page-head.tsx";
import { Editor } from "./editor.tsx";
import { InForce } from "./in-force.tsx";
import { VersionPanel, Versions } from "./versions.tsx";

const route = getRouteApi("/app/policy");

export function PolicyPage(): ReactNode {
  return (
    <Guarded needs="policy:read">
      <Policy />
    </Guarded>
  );
}

function Policy(): ReactNode {
  const { tab, version } = route.useSearch();
  const navigate = route.useNavigate();
  const can = useCan();
  const close = useCallback(
    () => void navigate({ search: (old) => ({ ...old, version: undefined }), replace: true }),
    [navigate],
  );
  const isSplit = tab === "versions";
  return (
    <div className={isSplit ? "page split" : "page"}>
      <div className={isSplit ? "split-main" : "policy-main"}>
        <PageHead
          title="Policy"
          about="What may be done, what never, and who has to approve. Everything else is denied."
        />
        <Tabs
          label="Policy"
          value={tab ?? "force"}
          onChange={(next) => void navigate({ search: ({ tz }) => ({ tz, tab: next === "force" ? undefined : next }) })}
          tabs={[
            { id: "force", title: "In force", body: <InForce /> },
            { id: "draft", title: "Draft", body: can("policy:write") ? <Editor /> : <MayNot /> },
            { id: "versions", title: "Versions", body: <Versions /> },
          ]}
        />
      </div>
      {isSplit && version !== undefined ? <VersionPanel key={version} digest={version} onClose={close} /> : null}
    </div>
  );
}

function MayNot(): ReactNode {
  return (
    <Empty icon="shield" title="You may read policies, not draft them">
      It needs the permission policy:write ({rolesWith("policy:write").map(roleTitle).join(", ")}).
    </Empty>
  );
}
