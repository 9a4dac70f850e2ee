import { ApiProblem, type AuditHead } from "@tyr/contract";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api } from "../api/client.ts";
import { Code } from "../kit/copy.tsx";
import { Field } from "../kit/field.tsx";
import { Icon } from "../kit/icon.tsx";
import { ErrorNotice } from "../kit/notice.tsx";
import { Hostile } from "../text/hostile.tsx";
import { keepCheckpoint, readKept } from "./kept-checkpoint.ts";
import { servedLog, verifyLog, verifyProofText, type Outcome, type ReadFile } from "./verify-log.ts";

/** A proof has one entry and some hashes. */
const PROOF_BYTES_MAX = 262_144;

async function readServed(path: string): Promise<Uint8Array | undefined> {
  try {
    return await api.call("audit.log", { params: { "*": path } });
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return undefined;
    throw error;
  }
}

/** Files of a chosen directory, by their path inside it. */
function readChosen(files: readonly File[]): ReadFile {
  const byPath = new Map(files.map((file) => [file.webkitRelativePath.split("/").slice(1).join("/"), file]));
  return async (path) => {
    const file = byPath.get(path);
    return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer());
  };
}

type Asked = Readonly<{ served: true } | { files: readonly File[] }>;
type Found = Outcome & Readonly<{ served?: boolean }>;
type Progress = (text: string) => void;

async function verifyAsked(asked: Asked, vkey: string, say: Progress): Promise<Found> {
  const trust = { vkey, onProgress: (done: number, size: number) => say(`${done} of ${size} entries`) };
  if ("served" in asked) {
    const outcome = await verifyLog(await servedLog(readServed, new Date().toISOString()), {
      ...trust,
      earlier: readKept(vkey),
    });
    if (outcome.ok && outcome.checkpoint !== undefined) keepCheckpoint(vkey, outcome.checkpoint);
    return { ...outcome, served: true };
  }
  const [first] = asked.files;
  if (asked.files.length === 1 && first !== undefined && first.webkitRelativePath === "")
    return await verifyProofText(first.size > PROOF_BYTES_MAX ? "" : await first.text(), vkey);
  return await verifyLog(readChosen(asked.files), trust);
}

/** Everything is computed in this page: what the server sends is checked, not believed. */
export function BrowserVerify({ head }: Readonly<{ head: AuditHead }>): ReactNode {
  const [vkey, setVkey] = useState(head.vkey);
  const [progress, setProgress] = useState("");
  const verify = useMutation({
    mutationFn: async (asked: Asked) => await verifyAsked(asked, vkey.trim(), setProgress),
  });
  const choose = (list: FileList | null): void => {
    if (list !== null && list.length > 0) verify.mutate({ files: [...list] });
  };
  return (
    <details className="offline">
      <summary>Verify in the browser</summary>
      {globalThis.isSecureContext ? null : (
        <p className="why">
          This page is not served over https, so the browser does not check signatures. Use tyr audit verify.
        </p>
      )}
      <p>
        This page fetches every entry and every hash and computes the tree itself. It also remembers the checkpoint it
        verified last and demands that the log continues it. A key from a place you trust, not from this server, makes
        it proof.
      </p>
      <Field label="Verifier key">
        {(control) => (
          <input
            {...control}
            value={vkey}
            spellCheck={false}
            onChange={(event) => setVkey(event.target.value)}
            className="mono"
          />
        )}
      </Field>
      <div className="filter-bar verify-sources">
        <button
          type="button"
          className="button primary"
          disabled={verify.isPending || !globalThis.isSecureContext}
          onClick={() => verify.mutate({ served: true })}
        >
          <Icon name="shield" /> Verify this log here
        </button>
        <label className="button">
          Choose an export
          <input
            type="file"
            className="sr-only"
            aria-label="Directory of an export"
            multiple
            ref={(input) => input?.setAttribute("webkitdirectory", "")}
            onChange={(event) => choose(event.target.files)}
          />
        </label>
        <label className="button">
          Choose a proof
          <input
            type="file"
            className="sr-only"
            aria-label="Proof of an entry"
            accept=".tlog-proof"
            onChange={(event) => choose(event.target.files)}
          />
        </label>
        {verify.isPending ? <span className="muted">Computing… {progress}</span> : null}
      </div>
      {verify.error === null ? null : <ErrorNotice error={verify.error} />}
      {verify.data === undefined || verify.isPending ? null : <Verdict outcome={verify.data} />}
    </details>
  );
}

function Verdict({ outcome }: Readonly<{ outcome: Found }>): ReactNode {
  const { ok, problems, problemsOmitted } = outcome;
  return (
    <div className={ok ? "verdict good" : "verdict bad"} role="status">
      <Icon name={ok ? "check" : "cross"} size={20} />
      <div>
        <strong>{titleOf(outcome)}</strong>
        {ok ? <Shown outcome={outcome} /> : null}
        {problems.map((problem) => (
          <p key={`${problem.code} ${problem.index} ${problem.path} ${problem.message}`}>
            <strong>{problem.index === undefined ? "Whole log" : `Entry ${problem.index}`}</strong>:{" "}
            <Hostile text={problem.message} /> <span className="mono small">{problem.code}</span>
            <br />
            {problem.todo}
          </p>
        ))}
        {problemsOmitted > 0 ? <p>… and {problemsOmitted} more.</p> : null}
      </div>
    </div>
  );
}

function titleOf({ ok, what, index, size }: Outcome): string {
  if (what === "proof") return ok ? `Entry ${index} is in the log of ${size} entries` : "The proof does not hold";
  return ok ? "Verified in this browser" : "This is not the log that was signed";
}

function Shown({ outcome }: Readonly<{ outcome: Found }>): ReactNode {
  const { entriesChecked, origin = "", root, signedBy, earlierConfirmed, entry, what, served } = outcome;
  const { pruned = [], declaredPruned } = outcome;
  return (
    <>
      <p>
        {what === "log" ? `${entriesChecked.toLocaleString("en")} entries hashed here have the signed root. ` : ""}
        Log <Hostile text={origin} limit={80} mono />, signed by <Hostile text={signedBy.join(", ")} limit={160} mono />
        .
      </p>
      {root === undefined ? null : (
        <p>
          Root <Code text={root} what="verified root" />
        </p>
      )}
      {pruned.map(({ first, last }) => (
        <p key={first}>
          Entries {first.toLocaleString("en")} to {last.toLocaleString("en")} are pruned, as entry{" "}
          {declaredPruned?.declaredAt.toLocaleString("en")} declares and the log signed: their hashes are present and
          chained, their bodies are in the archive made before.
        </p>
      ))}
      {served === true ? (
        <p>
          {earlierConfirmed > 0
            ? "It continues the checkpoint this browser verified before: nothing of what it saw then was changed or cut."
            : "This browser has verified no earlier checkpoint, so a history rewritten before now with the same key would pass."}
        </p>
      ) : null}
      {entry === undefined ? null : (
        <pre tabIndex={0}>
          <Hostile text={entry} limit={16_384} mono />
        </pre>
      )}
    </>
  );
}
