import type { ServiceAccount } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { activeColumn, sinceColumn } from "../kit/columns.tsx";
import { AskFirst } from "../kit/confirm.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { Icon } from "../kit/icon.tsx";
import { Empty, Loaded } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";
import { useSort } from "../search/use-sort.ts";
import { MakeKey } from "./make-key.tsx";

const STALE = ["serviceAccount", "key"] as const;

const columnsFor = (may: boolean): readonly Column<ServiceAccount>[] => [
  { id: "name", header: "Service account", className: "strong", sortBy: (row) => row.name, cell: (row) => row.name },
  activeColumn("disabled"),
  { id: "owner", header: "Owner", sortBy: (row) => row.owner.name, cell: ownerOf },
  { id: "about", header: "For", cell: (row) => row.about },
  sinceColumn("Made"),
  { id: "act", header: "Change", className: "nowrap", cell: (row) => (may ? <Changes row={row} /> : null) },
];

function ownerOf({ owner }: ServiceAccount): ReactNode {
  if (owner.active) return owner.name;
  return (
    <>
      {owner.name} <span className="warning">disabled: its keys do not count</span>
    </>
  );
}

/** Principals of programs. They may ask, never approve, and count only while their owner may sign in. */
export function Services(): ReactNode {
  const can = useCan();
  const sorting = useSort();
  const query = useQuery(ask("serviceAccount.list", {}));
  const [making, setMaking] = useState(false);
  const may = can("key:write");
  return (
    <>
      {may ? (
        <p>
          <button type="button" className="button" onClick={() => setMaking(true)}>
            <Icon name="plus" /> Make a service account
          </button>
        </p>
      ) : null}
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon="person" title="No service accounts">
              A service account is a program with an owner. Its keys go on when people change their roles, and stop when
              the owner is disabled.
            </Empty>
          ) : (
            <DataTable
              caption="Service accounts"
              columns={columnsFor(may)}
              rows={items}
              rowKey={(row) => row.id}
              {...sorting}
            />
          )
        }
      </Loaded>
      {making ? <MakeService onClose={() => setMaking(false)} /> : null}
    </>
  );
}

function Changes({ row }: Readonly<{ row: ServiceAccount }>): ReactNode {
  const [making, setMaking] = useState(false);
  if (!row.active) return null;
  return (
    <>
      <button type="button" className="link-button" onClick={() => setMaking(true)}>
        Make a key<span className="sr-only"> for {row.name}</span>
      </button>{" "}
      <AskFirst
        word="Disable"
        of={row.name}
        title={`Disable ${row.name}?`}
        verb="Disable it"
        route="serviceAccount.change"
        input={{ params: { id: row.id }, body: { active: false } }}
        stale={STALE}
        done={(one) => ({ text: `${one.name} is disabled`, ref: one.id })}
      >
        All its keys are revoked for good; enabling it again gives none of them back.
      </AskFirst>
      {making ? <MakeKey service={row} onClose={() => setMaking(false)} /> : null}
    </>
  );
}

function MakeService({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const create = useAct("serviceAccount.create", {
    stale: STALE,
    done: (one) => ({ text: `${one.name} is made`, ref: one.id }),
    after: onClose,
  });
  const submit = (form: FormData): void =>
    create.mutate({ body: { name: formText(form, "name"), about: formText(form, "about") } });
  return (
    <Dialog title="Make a service account" onClose={onClose}>
      <Form onData={submit}>
        <Field label="Name">
          {(control) => <input {...control} name="name" required maxLength={80} autoComplete="off" />}
        </Field>
        <Field label="For" hint="What it does. You are its owner: when you are disabled, its keys stop counting.">
          {(control) => <input {...control} name="about" maxLength={400} autoComplete="off" />}
        </Field>
        <FormEnd verb="Make it" error={create.error} busy={create.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
