import type { Enforcer } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { enforcersQuery } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { AskFirst, Confirm } from "../kit/confirm.tsx";
import { activeColumn, ageColumn, sinceColumn } from "../kit/columns.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { KeyOnce } from "../kit/key-once.tsx";
import { Empty } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";
import { useSort } from "../search/use-sort.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { KeptList } from "./kept-list.tsx";

const STALE = ["enforcer", "overview", "block"] as const;

const columnsFor = (mayEnd: boolean): readonly Column<Enforcer>[] => [
  { id: "name", header: "Enforcement point", className: "strong", sortBy: (row) => row.name, cell: (row) => row.name },
  activeColumn("inactive"),
  ageColumn({ id: "pull", header: "Last pull" }, (row) => row.lastPullAt),
  {
    id: "agent",
    header: "Says it is",
    className: "clip",
    cell: (row) =>
      row.userAgent === null ? <span className="unknown">unknown</span> : <Hostile text={row.userAgent} limit={120} />,
  },
  { id: "key", header: "Key", className: "mono nowrap", cell: (row) => row.keyHint },
  {
    id: "ends",
    header: "Counts until",
    className: "nowrap",
    sortBy: (row) => row.keyEndsAt,
    cell: (row) => <Time at={row.keyEndsAt} />,
  },
  sinceColumn("Registered"),
  {
    id: "end",
    header: "Change",
    className: "nowrap",
    cell: (row) =>
      mayEnd && row.active ? (
        <>
          <RotateKey enforcer={row} /> <EndKey enforcer={row} />
        </>
      ) : null,
  },
];

export function Enforcers(): ReactNode {
  const can = useCan();
  const sorting = useSort();
  const query = useQuery({ ...enforcersQuery, refetchInterval: 10_000 });
  const may = can("enforcer:write");
  return (
    <KeptList
      query={query}
      add={may ? "Register an enforcement point" : undefined}
      form={Register}
      empty={
        <Empty icon="shield" title="Nobody enforces yet">
          An enforcement point is a firewall that pulls the blocks: CrowdSec's firewall bouncer, or anything that reads
          a list of addresses. Until one does, blocks are only a list.
        </Empty>
      }
    >
      {(items) => (
        <DataTable
          caption="Enforcement points"
          columns={columnsFor(may)}
          rows={items}
          rowKey={(row) => row.id}
          {...sorting}
        />
      )}
    </KeptList>
  );
}

type EnforcerKeyProps = Readonly<{ made: Readonly<{ enforcer: Enforcer; key: string }>; onClose: () => void }>;

function EnforcerKey({ made: { enforcer, key }, onClose }: EnforcerKeyProps): ReactNode {
  const snippet = [
    "# /etc/crowdsec/bouncers/crowdsec-firewall-bouncer.yaml",
    "mode: nftables",
    "update_frequency: 10s",
    `api_url: ${globalThis.location.origin}/`,
    `api_key: ${key}`,
  ].join("\n");
  return (
    <KeyOnce
      title={`Key of ${enforcer.name}`}
      secret={key}
      about="This is the only time the key is shown: only its hash is stored. Whoever has it may read the blocks, and nothing else."
      snippet={snippet}
      snippetWhat="crowdsec-firewall-bouncer"
      onClose={onClose}
    />
  );
}

function RotateKey({ enforcer }: Readonly<{ enforcer: Enforcer }>): ReactNode {
  const [asked, setAsked] = useState(false);
  const rotate = useAct("enforcer.rotate", {
    stale: STALE,
    done: () => ({ text: `${enforcer.name} has a new key`, ref: enforcer.id }),
  });
  const close = (): void => {
    setAsked(false);
    rotate.reset();
  };
  return (
    <>
      <button type="button" className="link-button" onClick={() => setAsked(true)}>
        Rotate<span className="sr-only"> the key of {enforcer.name}</span>
      </button>
      {rotate.data === undefined ? null : <EnforcerKey made={rotate.data} onClose={close} />}
      {asked && rotate.data === undefined ? (
        <Confirm
          title={`Rotate the key of ${enforcer.name}`}
          verb="Rotate"
          error={rotate.error}
          busy={rotate.isPending}
          onYes={() => rotate.mutate({ params: { id: enforcer.id } })}
          onClose={close}
        >
          <p>The present key stops at once. The enforcement point is refused until it has the new one.</p>
        </Confirm>
      ) : null}
    </>
  );
}

function Register({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const create = useAct("enforcer.create", {
    stale: STALE,
    done: ({ enforcer }) => ({ text: `${enforcer.name} is registered`, ref: enforcer.id }),
  });
  if (create.data !== undefined) return <EnforcerKey made={create.data} onClose={onClose} />;
  return (
    <Dialog title="Register an enforcement point" onClose={onClose}>
      <Form onData={(form) => create.mutate({ body: { name: formText(form, "name") } })}>
        <Field label="Name" hint="For example the firewall's host name.">
          {(control) => <input {...control} name="name" required maxLength={80} autoComplete="off" />}
        </Field>
        <FormEnd verb="Register" error={create.error} busy={create.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}

function EndKey({ enforcer }: Readonly<{ enforcer: Enforcer }>): ReactNode {
  return (
    <AskFirst
      word="End"
      of={`the key of ${enforcer.name}`}
      title={`End the key of ${enforcer.name}`}
      verb="End the key"
      route="enforcer.deactivate"
      input={{ params: { id: enforcer.id } }}
      stale={STALE}
      done={() => ({ text: `The key of ${enforcer.name} ended`, ref: enforcer.id })}
    >
      It can no longer pull blocks. What it enforces now stays there until it removes it by itself.
    </AskFirst>
  );
}
