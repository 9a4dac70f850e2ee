import type { AllowEntry } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { AskFirst } from "../kit/confirm.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { Empty } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { KeptList } from "./kept-list.tsx";

const STALE = ["allow", "block", "action"] as const;

const columnsFor = (mayWrite: boolean): readonly Column<AllowEntry>[] => [
  { id: "value", header: "Address or prefix", className: "mono nowrap strong", cell: (row) => row.value },
  { id: "reason", header: "Why", className: "clip wide", cell: (row) => <Hostile text={row.reason} limit={200} /> },
  { id: "by", header: "By", className: "nowrap", cell: (row) => row.by.name },
  { id: "since", header: "Since", className: "nowrap", cell: (row) => <Time at={row.createdAt} /> },
  { id: "until", header: "Until", className: "nowrap", cell: (row) => <Time at={row.expiresAt} never="for good" /> },
  { id: "remove", header: "Entry", className: "nowrap", cell: (row) => (mayWrite ? <Remove entry={row} /> : null) },
];

/** The allow-list always wins: over requests, existing blocks, wider and narrower prefixes. */
export function AllowList(): ReactNode {
  const can = useCan();
  const query = useQuery(ask("allow.list", {}));
  const may = can("allow:write");
  return (
    <KeptList
      query={query}
      add={may ? "Add an address" : undefined}
      form={Add}
      empty={
        <Empty icon="shield" title="The list is empty">
          Addresses that must never be blocked: your offices, monitoring, partners. Policy reads this list before every
          decision.
        </Empty>
      }
    >
      {(items) => <DataTable caption="Never blocked" columns={columnsFor(may)} rows={items} rowKey={(row) => row.id} />}
    </KeptList>
  );
}

function Add({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const add = useAct("allow.add", {
    stale: STALE,
    done: (entry) => ({ text: `${entry.value} is never blocked`, ref: entry.id }),
    after: onClose,
  });
  return (
    <Dialog title="Never block" onClose={onClose}>
      <Form
        onData={(form) => add.mutate({ body: { value: formText(form, "value"), reason: formText(form, "reason") } })}
      >
        <Field label="Address or prefix" hint="IPv4 or IPv6.">
          {(control) => (
            <input
              {...control}
              name="value"
              className="mono"
              required
              maxLength={64}
              spellCheck={false}
              autoComplete="off"
            />
          )}
        </Field>
        <Field label="Reason">
          {(control) => <textarea {...control} name="reason" rows={2} required maxLength={4000} />}
        </Field>
        <FormEnd verb="Add" error={add.error} busy={add.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}

function Remove({ entry }: Readonly<{ entry: AllowEntry }>): ReactNode {
  return (
    <AskFirst
      word="Remove"
      of={entry.value}
      title={`Remove ${entry.value}`}
      verb="Remove"
      route="allow.remove"
      input={{ params: { id: entry.id } }}
      stale={STALE}
      done={() => ({ text: `${entry.value} may be blocked again` })}
    >
      From then on it can be blocked like any other address.
    </AskFirst>
  );
}
