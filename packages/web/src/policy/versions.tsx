import type { PolicyVersion, PolicyVersionList } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { Code, middle } from "../kit/copy.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Icon } from "../kit/icon.tsx";
import { Loaded } from "../kit/notice.tsx";
import { SidePanel } from "../kit/side-panel.tsx";
import { StateBadge } from "../kit/state.tsx";
import { useAct } from "../kit/use-act.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { STALE } from "../approvals/stale.ts";
import { AskDialog } from "./ask-dialog.tsx";
import { Differences } from "./differences.tsx";

const route = getRouteApi("/app/policy");

const COLUMNS: readonly Column<PolicyVersion>[] = [
  {
    id: "digest",
    header: "Bundle",
    className: "nowrap",
    cell: (row) => (
      <Link from="/policy" to="/policy" search={(old) => ({ ...old, version: row.digest })} className="row-link mono">
        {middle(row.digest)}
      </Link>
    ),
  },
  {
    id: "state",
    header: "State",
    className: "nowrap",
    cell: (row) => (row.inForce ? <StateBadge state="in_force" /> : <span className="muted">stored</span>),
  },
  { id: "policies", header: "Policies", className: "nowrap number", cell: (row) => row.policies },
  {
    id: "by",
    header: "By",
    className: "clip wide",
    cell: (row) => (row.origin === "folder" ? "the folder" : <Hostile text={row.createdBy.name} limit={80} />),
  },
  { id: "created", header: "Stored", className: "nowrap", cell: (row) => <Time at={row.createdAt} /> },
  {
    id: "activated",
    header: "Last in force from",
    className: "nowrap",
    cell: (row) => <Time at={row.activations[0]?.at ?? null} never="never" />,
  },
];

/** Every bundle there was, with what it says otherwise than the one in force. */
export function Versions(): ReactNode {
  const { version } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(ask("policy.versions", {}));
  return (
    <Loaded query={query}>
      {(list) => (
        <>
          <Folder list={list} />
          <DataTable
            caption="Versions of the policies"
            columns={COLUMNS}
            rows={list.items}
            rowKey={(row) => row.digest}
            selectedKey={version}
            onOpen={({ digest }) => void navigate({ search: (old) => ({ ...old, version: digest }), replace: true })}
          />
        </>
      )}
    </Loaded>
  );
}

/** What lies in the folder decides nothing once somebody published: said, or people change files in vain. */
function Folder({ list: { folder, items } }: Readonly<{ list: PolicyVersionList }>): ReactNode {
  if (folder.inForce) return null;
  const known = items.some(({ digest }) => digest === folder.digest);
  return (
    <p className="warning">
      <Icon name="alert" size={14} />
      <span>
        {folder.digest === null
          ? "The policies in the installation's folder do not load. What was published here decides."
          : `The installation's folder holds other policies${known ? "" : ", which were never stored"}. What was published here decides.`}
      </span>
    </p>
  );
}

type PanelProps = Readonly<{ digest: string; onClose: () => void }>;

/** One version: when it decided, what it says otherwise than the one in force, and its files. */
export function VersionPanel({ digest, onClose }: PanelProps): ReactNode {
  const can = useCan();
  const { data } = useQuery(ask("policy.versions", {}));
  const version = data?.items.find((one) => one.digest === digest);
  return (
    <SidePanel title="Version" onClose={onClose}>
      <dl className="facts">
        <dt>Bundle</dt>
        <dd>
          <Code text={digest} what="bundle digest" short />
        </dd>
        {version === undefined ? null : <Activations version={version} />}
      </dl>
      {version?.inForce === true ? <p className="muted">This is what decides now.</p> : null}
      {version?.inForce === false && can("policy:write") ? (
        <>
          <h3>Against what is in force</h3>
          <Against digest={digest} />
          {version.activations.length > 0 ? <BringBack digest={digest} /> : null}
        </>
      ) : null}
      <Files digest={digest} />
    </SidePanel>
  );
}

function Activations({ version: { activations } }: Readonly<{ version: PolicyVersion }>): ReactNode {
  return (
    <>
      <dt>In force from</dt>
      <dd>
        {activations.length === 0 ? <span className="muted">never</span> : null}
        {activations.map(({ at, by, actionId }) => (
          <span key={at} className="approval">
            <Time at={at} />{" "}
            {actionId === null ? (
              <span className="muted">at the start</span>
            ) : (
              <Link to="/approvals" search={{ tab: "history", action: actionId }}>
                by <Hostile text={by.name} limit={80} />
              </Link>
            )}
          </span>
        ))}
      </dd>
    </>
  );
}

function Against({ digest }: Readonly<{ digest: string }>): ReactNode {
  const query = useQuery(ask("policy.diff", { body: { to: { digest } } }));
  return (
    <Loaded query={query} lines={4}>
      {(diff) => <Differences diff={diff} />}
    </Loaded>
  );
}

function BringBack({ digest }: Readonly<{ digest: string }>): ReactNode {
  const [open, setOpen] = useState(false);
  const rollback = useAct("policy.rollback", {
    stale: STALE,
    done: ({ id }) => ({ text: "Asked for the older policies", ref: id }),
  });
  return (
    <p>
      <button type="button" className="button" onClick={() => setOpen(true)}>
        <Icon name="undo" /> Bring it back
      </button>
      {open ? (
        <AskDialog
          title="Bring these policies back"
          verb="Ask for it"
          asking={rollback}
          onAsk={(justification) => rollback.mutate({ body: { digest, justification } })}
          onClose={() => {
            setOpen(false);
            rollback.reset();
          }}
        >
          <p>
            The bundle <span className="mono">{middle(digest)}</span> comes into force again, once other people approved
            it.
          </p>
        </AskDialog>
      ) : null}
    </p>
  );
}

function Files({ digest }: Readonly<{ digest: string }>): ReactNode {
  const query = useQuery(ask("policy.version", { params: { digest } }));
  return (
    <Loaded query={query} lines={3}>
      {({ files, signature }) => (
        <>
          <h3>Files</h3>
          {files.map(({ path, text }) => (
            <details key={path}>
              <summary className="mono small">{path}</summary>
              <pre className="policy-text" tabIndex={0}>
                <Hostile text={text} limit={65_536} />
              </pre>
            </details>
          ))}
          <details>
            <summary className="small">Signature of the log’s key</summary>
            <pre className="policy-text" tabIndex={0}>
              <Hostile text={signature} limit={16_384} />
            </pre>
          </details>
        </>
      )}
    </Loaded>
  );
}
