import type { PolicyFile, PolicyTest } from "@tyr/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import { STALE } from "../approvals/stale.ts";
import { api } from "../api/client.ts";
import { ask, policyQuery } from "../api/queries.ts";
import { middle } from "../kit/copy.tsx";
import { Icon } from "../kit/icon.tsx";
import { Empty, ErrorNotice, Loaded } from "../kit/notice.tsx";
import { Tabs } from "../kit/tabs.tsx";
import { useAct } from "../kit/use-act.ts";
import { counted } from "../text/counted.ts";
import { AskDialog } from "./ask-dialog.tsx";
import { Backtest } from "./backtest.tsx";
import { CodeArea } from "./code-area.tsx";
import { Differences } from "./differences.tsx";
import { useDraft, type Draft } from "./draft.ts";
import { Files } from "./files.tsx";
import { placeOf, type Place } from "./place-of.ts";
import { Coverage, Examples, Problems } from "./test-report.tsx";

const route = getRouteApi("/app/policy");

/** A bundle in the making. It begins as a copy of what is in force. */
export function Editor(): ReactNode {
  const { draft, keep } = useDraft();
  const inForce = useQuery(policyQuery);
  return (
    <Loaded query={inForce}>
      {({ digest }) =>
        draft === undefined ? (
          <Begin digest={digest} onBegin={keep} />
        ) : (
          <Drafting draft={draft} inForce={digest} keep={keep} />
        )
      }
    </Loaded>
  );
}

type BeginProps = Readonly<{ digest: string; onBegin: (draft: Draft) => void }>;

function Begin({ digest, onBegin }: BeginProps): ReactNode {
  const copy = useMutation({
    mutationFn: async () => await api.call("policy.version", { params: { digest } }),
    onSuccess: ({ files }) => onBegin({ from: digest, files }),
  });
  return (
    <>
      {copy.error === null ? null : <ErrorNotice error={copy.error} />}
      <Empty
        icon="note"
        title="You have no draft"
        action={
          <button type="button" className="button primary" disabled={copy.isPending} onClick={() => copy.mutate()}>
            Begin with what is in force
          </button>
        }
      >
        A draft is a copy of all policies with their examples. It is tried here, and decides nothing until it was
        published and other people approved it.
      </Empty>
    </>
  );
}

/** A report belongs to the very texts it was made of. */
type Tested = Readonly<{ files: readonly PolicyFile[]; report: PolicyTest }>;
type DraftingProps = Readonly<{ draft: Draft; inForce: string; keep: (draft: Draft | undefined) => void }>;

function Drafting({ draft, inForce, keep }: DraftingProps): ReactNode {
  const { file } = route.useSearch();
  const navigate = route.useNavigate();
  const [goTo, setGoTo] = useState<Readonly<{ line: number }>>();
  const before = useQuery(ask("policy.version", { params: { digest: draft.from } })).data?.files ?? [];
  const test = useMutation({
    mutationFn: async (files: readonly PolicyFile[]): Promise<Tested> => ({
      files,
      report: await api.call("policy.test", { body: { files: [...files] } }),
    }),
  });
  const shown = draft.files.find(({ path }) => path === file) ?? draft.files[0];
  const tested = test.data?.files === draft.files ? test.data.report : undefined;
  const places = useMemo(() => placesOf(tested, draft.files), [tested, draft.files]);
  const open = (path: string): void => void navigate({ search: (old) => ({ ...old, file: path }), replace: true });
  const change = (files: readonly PolicyFile[]): void => keep({ ...draft, files });
  const go = ({ path, line }: Place): void => {
    open(path);
    setGoTo({ line });
  };
  if (shown === undefined) return null;
  return (
    <div className="policy-editor">
      <Bar
        draft={draft}
        inForce={inForce}
        tested={tested}
        busy={test.isPending}
        onTest={() => test.mutate(draft.files)}
        onDrop={() => keep(undefined)}
      />
      {test.error === null ? null : <ErrorNotice error={test.error} />}
      <div className="policy-panes">
        <Files
          files={draft.files}
          before={before}
          open={shown.path}
          wrong={new Set(places.map(({ path }) => path))}
          onOpen={open}
          onFiles={change}
        />
        <CodeArea
          key={shown.path}
          label={shown.path}
          value={shown.text}
          marks={new Map(places.filter(({ path }) => path === shown.path).map(({ line, message }) => [line, message]))}
          goTo={goTo}
          onChange={(text) => change(draft.files.map((one) => (one.path === shown.path ? { ...one, text } : one)))}
        />
      </div>
      <Panes draft={draft} tested={tested} onGo={go} onFiles={change} />
    </div>
  );
}

type Marked = Place & Readonly<{ message: string }>;

function placesOf(report: PolicyTest | undefined, files: readonly PolicyFile[]): readonly Marked[] {
  return (report?.problems ?? []).flatMap((problem) => {
    const place = placeOf(problem, files);
    return place === undefined ? [] : [{ ...place, message: problem.message }];
  });
}

type BarProps = Readonly<{
  draft: Draft;
  inForce: string;
  tested: PolicyTest | undefined;
  busy: boolean;
  onTest: () => void;
  onDrop: () => void;
}>;

/** Why it cannot be published now; undefined: it can. */
function notYet(tested: PolicyTest | undefined): string | undefined {
  if (tested === undefined) return "Test it first: it changed since, or was never tested.";
  if (tested.digest === null) return "It does not load.";
  if (tested.cases === 0) return "There is no example: policies without tests are not published.";
  const failed = tested.cases - tested.passed;
  if (failed > 0) return `${counted(failed, ["example fails", "examples fail"])}.`;
  return tested.ok ? undefined : `${counted(tested.problems.length, ["problem", "problems"])} to be repaired first.`;
}

function Bar({ draft, inForce, tested, busy, onTest, onDrop }: BarProps): ReactNode {
  const [publishing, setPublishing] = useState(false);
  const publish = useAct("policy.publish", {
    stale: STALE,
    done: ({ id }) => ({ text: "Asked for the new policies", ref: id }),
  });
  const why = notYet(tested);
  return (
    <div className="policy-bar">
      <button type="button" className="button" disabled={busy} onClick={onTest}>
        <Icon name="play" /> {busy ? "Testing…" : "Check and test"}
      </button>
      <button
        type="button"
        className="button primary"
        disabled={why !== undefined}
        aria-describedby={why === undefined ? undefined : "why-not-published"}
        onClick={() => setPublishing(true)}
      >
        Publish
      </button>
      <button type="button" className="button" onClick={onDrop}>
        Throw the draft away
      </button>
      {why === undefined ? null : (
        <p id="why-not-published" className="muted small">
          {why}
        </p>
      )}
      {draft.from === inForce ? null : (
        <p className="warning">
          <Icon name="alert" size={14} />
          <span>
            Other policies came into force since you began: this is a copy of{" "}
            <span className="mono">{middle(draft.from)}</span>. The changes below say what it would undo.
          </span>
        </p>
      )}
      {publishing ? (
        <AskDialog
          title="Publish these policies"
          verb="Ask for it"
          asking={publish}
          onAsk={(justification) => publish.mutate({ body: { files: [...draft.files], justification } })}
          onClose={() => {
            setPublishing(false);
            publish.reset();
          }}
        >
          <p>
            {counted(tested?.policies ?? 0, ["policy", "policies"])},{" "}
            {counted(tested?.cases ?? 0, ["example", "examples"])}, all as they should be. They come into force once
            other people approved them.
          </p>
        </AskDialog>
      ) : null}
    </div>
  );
}

type PanesProps = Readonly<{
  draft: Draft;
  tested: PolicyTest | undefined;
  onGo: (place: Place) => void;
  onFiles: (files: readonly PolicyFile[]) => void;
}>;

function Panes({ draft, tested, onGo, onFiles }: PanesProps): ReactNode {
  const { pane } = route.useSearch();
  const navigate = route.useNavigate();
  const untested = <p className="muted">Not tested as it is now.</p>;
  const failed = tested === undefined ? undefined : tested.cases - tested.passed;
  return (
    <Tabs
      label="What becomes of the draft"
      value={pane ?? "problems"}
      onChange={(next) =>
        void navigate({ search: (old) => ({ ...old, pane: next === "problems" ? undefined : next }), replace: true })
      }
      tabs={[
        {
          id: "problems",
          title: "Problems",
          count: tested?.problems.length,
          body:
            tested === undefined ? (
              untested
            ) : (
              <>
                <Format tested={tested} files={draft.files} onFiles={onFiles} />
                <Problems report={tested} files={draft.files} onGo={onGo} />
              </>
            ),
        },
        {
          id: "tests",
          title: failed === undefined || failed === 0 ? "Tests" : `Tests, ${failed} failing`,
          count: tested?.cases,
          body: tested === undefined ? untested : <Examples report={tested} />,
        },
        { id: "coverage", title: "Coverage", body: tested === undefined ? untested : <Coverage report={tested} /> },
        { id: "changes", title: "Changes", body: <Changes tested={tested} files={draft.files} /> },
        { id: "backtest", title: "Backtest", body: <Backtest files={draft.files} /> },
      ]}
    />
  );
}

/** One press for what the formatter would write. */
function Format({
  tested,
  files,
  onFiles,
}: Readonly<{ tested: PolicyTest; files: readonly PolicyFile[]; onFiles: PanesProps["onFiles"] }>): ReactNode {
  if (tested.formatted.length === 0) return null;
  const formatted = new Map(tested.formatted.map(({ path, text }) => [path, text]));
  return (
    <p>
      <button
        type="button"
        className="button small"
        onClick={() => onFiles(files.map((one) => ({ ...one, text: formatted.get(one.path) ?? one.text })))}
      >
        Format {counted(formatted.size, ["file", "files"])}
      </button>
    </p>
  );
}

/** Compared by the server, so that what counts as loosening is what policy itself is told. */
function Changes({
  tested,
  files,
}: Readonly<{ tested: PolicyTest | undefined; files: readonly PolicyFile[] }>): ReactNode {
  const loads = tested !== undefined && tested.digest !== null;
  const query = useQuery({ ...ask("policy.diff", { body: { to: { files: [...files] } } }), enabled: loads });
  if (tested === undefined) return <p className="muted">Not tested as it is now.</p>;
  if (!loads) return <p className="muted">It does not load, so there is nothing to compare.</p>;
  return (
    <Loaded query={query} lines={4}>
      {(diff) => <Differences diff={diff} />}
    </Loaded>
  );
}
