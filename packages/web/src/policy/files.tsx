import type { PolicyFile } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";

/** As the contract has it; the schema's name is taken. */
const PATH_PATTERN = String.raw`[a-z0-9][a-z0-9_\-]{0,60}\.cedar|tests/[a-z0-9][a-z0-9_\-]{0,60}\.ya?ml`;
const SCHEMA = "schema.cedarschema";

type FilesProps = Readonly<{
  files: readonly PolicyFile[];
  before: readonly PolicyFile[];
  open: string;
  wrong: ReadonlySet<string>;
  onOpen: (path: string) => void;
  onFiles: (files: readonly PolicyFile[]) => void;
}>;

/** The files of the draft: which are changed, which have something wrong. */
export function Files({ files, before, open, wrong, onOpen, onFiles }: FilesProps): ReactNode {
  const [adding, setAdding] = useState(false);
  const stateOf = ({ path, text }: PolicyFile): string | undefined => {
    const old = before.find((one) => one.path === path);
    if (old === undefined) return "new";
    return old.text === text ? undefined : "changed";
  };
  const add = (path: string): void => {
    setAdding(false);
    const known = files.some((one) => one.path === path);
    if (!known) onFiles([...files, { path, text: "" }]);
    onOpen(path);
  };
  return (
    <nav className="policy-files" aria-label="Files of the draft">
      <ul>
        {files.map((file) => (
          <li key={file.path}>
            <button
              type="button"
              className={file.path === open ? "file-row selected" : "file-row"}
              aria-current={file.path === open ? "true" : undefined}
              onClick={() => onOpen(file.path)}
            >
              <span className="mono small">{file.path}</span>
              {wrong.has(file.path) ? <Icon name="alert" size={14} /> : null}
              {wrong.has(file.path) ? <span className="sr-only">, something is wrong in it</span> : null}
              {stateOf(file) === undefined ? null : <span className="muted small">{stateOf(file)}</span>}
            </button>
          </li>
        ))}
      </ul>
      <p className="inline">
        <button type="button" className="button small" onClick={() => setAdding(true)}>
          <Icon name="plus" size={14} /> Add a file
        </button>
        {open === SCHEMA ? null : (
          <button
            type="button"
            className="link-button small"
            onClick={() => onFiles(files.filter((one) => one.path !== open))}
          >
            Remove {open}
          </button>
        )}
      </p>
      {adding ? <AddFile onAdd={add} onClose={() => setAdding(false)} /> : null}
    </nav>
  );
}

function AddFile({ onAdd, onClose }: Readonly<{ onAdd: (path: string) => void; onClose: () => void }>): ReactNode {
  return (
    <Dialog title="Add a file" onClose={onClose}>
      <Form onData={(form) => onAdd(formText(form, "path"))}>
        <Field label="Name" hint="NAME.cedar for policies, tests/NAME.yml for examples. Lower case.">
          {(control) => (
            <input
              {...control}
              name="path"
              className="mono"
              required
              pattern={PATH_PATTERN}
              spellCheck={false}
              autoComplete="off"
            />
          )}
        </Field>
        <FormEnd verb="Add it" error={null} busy={false} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
