import type { DutyConflicts, DutyException, DutyPairView } from "@tyr/contract";
import { isId } from "@tyr/contract";
import type { ReactNode } from "react";
import { AskFirst } from "../kit/confirm.tsx";
import { DataTable, type Column } from "../kit/data-table.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { EndException } from "./end-exception.tsx";

const pairsFor = (may: boolean): readonly Column<DutyPairView>[] => [
  { id: "sides", header: "Not together", className: "strong", cell: (row) => row.sides.join(" and ") },
  { id: "reason", header: "Why", cell: (row) => <Hostile text={row.reason} /> },
  { id: "controls", header: "Asked for by", cell: (row) => <Hostile text={row.controls.join(", ")} /> },
  {
    id: "kind",
    header: "Kind",
    className: "nowrap",
    cell: (row) => (row.builtIn ? "built in" : `own, by ${row.addedBy ?? "somebody erased"}`),
  },
  ...(may ? [{ id: "act", header: "Change", cell: (row: DutyPairView) => <Remove row={row} /> }] : []),
];

function Remove({ row: { id, sides } }: Readonly<{ row: DutyPairView }>): ReactNode {
  if (!isId("dutyPair", id)) return null;
  const said = sides.join(" and ");
  return (
    <AskFirst
      word="Remove"
      of={`the pair ${said}`}
      title={`Allow ${said} together?`}
      verb="Remove the pair"
      route="duty.removePair"
      input={{ params: { id } }}
      stale={["duty"]}
      done={() => ({ text: `${said} is a pair no more` })}
    >
      Its exceptions end with it: the same pair made again begins without any.
    </AskFirst>
  );
}

const exceptionsFor = (pairs: readonly DutyPairView[], may: boolean): readonly Column<DutyException>[] => [
  { id: "user", header: "User", className: "strong", cell: (row) => row.subject.name },
  {
    id: "pair",
    header: "May hold together",
    cell: (row) => pairs.find(({ id }) => id === row.pair)?.sides.join(" and ") ?? row.pair,
  },
  { id: "reason", header: "Why", cell: (row) => <Hostile text={row.reason} /> },
  { id: "by", header: "Granted by", className: "nowrap", cell: (row) => row.grantedBy?.name ?? "set-up" },
  { id: "until", header: "Until", className: "nowrap", cell: (row) => <Time at={row.until} /> },
  ...(may ? [{ id: "end", header: "Change", cell: (row: DutyException) => <EndException exception={row} /> }] : []),
];

/** What is told apart, and every exception in force, also those nobody makes use of. */
export function PairsAndExceptions({
  duties: { pairs, exceptions },
  may,
}: Readonly<{ duties: DutyConflicts; may: boolean }>): ReactNode {
  return (
    <>
      <h3>Exceptions in force</h3>
      {exceptions.length === 0 ? (
        <p>None.</p>
      ) : (
        <DataTable
          caption="Exceptions from the separation of duties"
          columns={exceptionsFor(pairs, may)}
          rows={exceptions}
          rowKey={(row) => row.id}
        />
      )}
      <h3>Pairs</h3>
      <DataTable caption="Pairs of duties" columns={pairsFor(may)} rows={pairs} rowKey={(row) => row.id} />
    </>
  );
}
