import type { Passkey, PasskeyList } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { passkeysWork } from "../api/passkey.ts";
import { ask } from "../api/queries.ts";
import { AskFirst } from "../kit/confirm.tsx";
import { ageColumn, sinceColumn } from "../kit/columns.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";
import { Loaded } from "../kit/notice.tsx";
import { StateBadge } from "../kit/state.tsx";
import { useAct } from "../kit/use-act.ts";
import { Hostile } from "../text/hostile.tsx";
import { AddPasskey } from "./add-passkey.tsx";
import { CodesOnce } from "./codes-once.tsx";
import { OfferToEnd } from "./offer-to-end.tsx";

const STALE = ["account", "passkey", "session"] as const;

const COLUMNS: readonly Column<Passkey>[] = [
  {
    id: "name",
    header: "Name",
    className: "clip wide",
    cell: (row) => (
      <span className="strong">
        <Hostile text={row.name} limit={80} />
      </span>
    ),
  },
  { id: "kept", header: "Kept", className: "nowrap", cell: (row) => (row.synced ? "synchronized" : "one device") },
  sinceColumn("Added"),
  ageColumn({ id: "used", header: "Last used" }, (row) => row.lastUsedAt),
  {
    id: "state",
    header: "State",
    className: "nowrap",
    cell: (row) => <StateBadge state={row.refusedSince === null ? "active" : "refused"} />,
  },
  {
    id: "change",
    header: "Change",
    className: "nowrap",
    cell: (row) => (
      <>
        <Rename row={row} /> <Remove row={row} />
      </>
    ),
  },
];

function Rename({ row }: Readonly<{ row: Passkey }>): ReactNode {
  const [open, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  const rename = useAct("passkey.rename", { stale: STALE, done: () => ({ text: "Renamed" }), after: close });
  return (
    <>
      <button type="button" className="link-button" onClick={() => setOpen(true)}>
        Rename<span className="sr-only"> the passkey {row.name}</span>
      </button>
      {open ? (
        <Dialog title="Rename the passkey" onClose={close}>
          <Form onData={(form) => rename.mutate({ params: { id: row.id }, body: { name: formText(form, "name") } })}>
            <Field label="Name">
              {(control) => <input {...control} name="name" required maxLength={80} defaultValue={row.name} />}
            </Field>
            <FormEnd verb="Rename" error={rename.error} busy={rename.isPending} onCancel={close} />
          </Form>
        </Dialog>
      ) : null}
    </>
  );
}

function Remove({ row }: Readonly<{ row: Passkey }>): ReactNode {
  return (
    <AskFirst
      word="Remove"
      of={`the passkey ${row.name}`}
      title="Remove the passkey"
      verb="Remove it"
      route="passkey.remove"
      input={{ params: { id: row.id } }}
      stale={STALE}
      done={() => ({ text: "The passkey counts no more; your other sessions have ended" })}
    >
      It signs nobody in any more, and all your other sessions end. Your device keeps its half until you delete it
      there.
    </AskFirst>
  );
}

/** Where passkeys are to be had, or why not here. */
function Place({ origin }: Pick<PasskeyList, "origin">): ReactNode {
  if (origin === null)
    return (
      <p className="muted">
        Passkeys need this server at an https address with a name: ask whoever runs it to set TYR_PUBLIC_URL.
      </p>
    );
  if (passkeysWork() && origin === globalThis.location.origin) return null;
  return (
    <p className="muted">
      Passkeys work at <a href={`${origin}/account`}>{origin}</a> only; open this page there to add one.
    </p>
  );
}

/** A copy may exist: its owner is told what that means and what to do. */
function Suspected({ items }: Pick<PasskeyList, "items">): ReactNode {
  const refused = items.filter(({ refusedSince }) => refusedSince !== null);
  if (refused.length === 0) return null;
  return (
    <div className="notice notice-error" role="alert">
      <Icon name="alert" />
      <div className="notice-body">
        <strong>A passkey may have been copied</strong>
        <p>
          The counter of <Hostile text={refused.map(({ name }) => name).join(", ")} /> went backwards, so two devices
          may hold it. It counts no more.
        </p>
        <p className="muted">Tell an administrator, remove it, and add another.</p>
      </div>
    </div>
  );
}

export function Passkeys(): ReactNode {
  const query = useQuery(ask("passkey.list", {}));
  const [step, setStep] = useState<"adding" | "added" | undefined>();
  const [codes, setCodes] = useState<readonly string[]>();
  const origin = query.data?.origin;
  return (
    <section aria-labelledby="passkeys-title" className="section-table passkeys">
      <div className="section-head">
        <h2 id="passkeys-title">Passkeys</h2>
        {passkeysWork() && origin === globalThis.location.origin ? (
          <button type="button" className="button small" onClick={() => setStep("adding")}>
            <Icon name="plus" /> Add a passkey
          </button>
        ) : null}
      </div>
      <Loaded query={query} lines={2}>
        {(list) => (
          <>
            <Place origin={list.origin} />
            <Suspected items={list.items} />
            {list.items.length === 0 ? (
              <p className="muted">None. A passkey signs you in without a password, and no false page can use it.</p>
            ) : (
              <DataTable caption="Your passkeys" columns={COLUMNS} rows={list.items} rowKey={(row) => row.id} />
            )}
          </>
        )}
      </Loaded>
      {step === "adding" ? (
        <AddPasskey
          onClose={() => setStep(undefined)}
          onAdded={(made) => {
            setStep("added");
            setCodes(made ?? undefined);
          }}
        />
      ) : null}
      {codes === undefined ? null : <CodesOnce codes={codes} onClose={() => setCodes(undefined)} />}
      {step === "added" && codes === undefined ? <OfferToEnd onClose={() => setStep(undefined)} /> : null}
    </section>
  );
}
