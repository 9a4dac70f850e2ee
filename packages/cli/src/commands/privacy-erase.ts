import { isIP } from "node:net";
import { isId, type LegalHold } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

const COLUMNS: readonly Column<LegalHold>[] = [
  { name: "id", value: (row) => row.id },
  { name: "subject", value: (row) => row.subject },
  { name: "since", value: (row) => showInstant(row.placedAt) },
  { name: "by", value: (row) => row.placedBy },
  { name: "reason", value: (row) => row.reason, cuttable: true },
];

/** A user's id, or an address that belongs to nobody known. Names are not taken: two people may have had one. */
function subjectOf(given: string): string {
  if (isId("subject", given)) return given;
  if (isIP(given) !== 0) return `value:${given}`;
  throw usage(`${visible(given)} is neither the id of a user nor an address`, "See tyr user list.");
}

export const erase: Run = async ({ api: open, ask, print }, input) => {
  const subject = subjectOf(input.value(0, "the subject"));
  const reason = input.required("reason");
  const api = await open();
  if (!input.flag("yes")) await ask.confirm(`Erase ${visible(subject)} for good? Nothing brings it back.`, "--yes");
  const done = await api.call("privacy.erase", { body: { subject, reason } });
  print.one(done, () => [
    done.changed
      ? `Erased ${done.values} values of the log with their salts and key, and ${done.rows} other rows.`
      : "There was nothing left to erase.",
  ]);
  print.say("Proofs of the log still verify. Backups made before still hold it, until they are gone.");
  return EXIT.ok;
};

export const hold: Run = async ({ api, print }, input) => {
  const subject = subjectOf(input.value(0, "the subject"));
  const reason = input.required("reason");
  print.many([await (await api()).call("privacy.hold", { body: { subject, reason } })], COLUMNS, "");
  return EXIT.ok;
};

export const release: Run = async ({ api, print }, input) => {
  const id = input.value(0, "the hold");
  if (!isId("hold", id)) throw usage(`${visible(id)} is not the id of a hold`, "See tyr privacy holds.");
  const reason = input.required("reason");
  print.many([await (await api()).call("privacy.release", { params: { id }, body: { reason } })], COLUMNS, "");
  return EXIT.ok;
};

export const holds: Run = async ({ api, print }) => {
  const { items } = await (await api()).call("privacy.holds", {});
  print.many(items, COLUMNS, "No legal hold is in force.");
  return EXIT.ok;
};
