import { randomBytes } from "node:crypto";
import { fieldClassOf } from "@tyr/contract";
import { commitTo, saltBytes } from "@tyr/ledger";
import type { AuditRecord, FactValue, PersonalValue } from "#platform/database";

/** What is hashed since format 2: personal values are gone from their places, `personal` commits to them by path. */
export type LoggedRecord = Readonly<
  Omit<AuditRecord, "v" | "actor"> & {
    v: 2;
    actor: Readonly<{ kind: string; id: string; name?: string }>;
    personal?: Readonly<Record<string, string>>;
  }
>;
export type Split = Readonly<{ logged: LoggedRecord; values: readonly PersonalValue[] }>;

const NOBODY: ReadonlySet<string> = new Set(["unknown", "none"]);

/** Whose value it is: the person who acted, else the person acted upon, else nobody but the value itself. */
function subjectOf({ actor, object }: AuditRecord, value: FactValue): string {
  if (actor.kind === "person") return actor.id;
  if (object.kind === "subject" && !NOBODY.has(object.id)) return object.id;
  return `value:${typeof value === "string" ? value : JSON.stringify(value)}`.slice(0, 300);
}

type Committing = {
  readonly record: AuditRecord;
  readonly values: PersonalValue[];
  readonly personal: [string, string][];
};

/** Nobody's name is personal but a person's. A field that nobody declared is taken for personal. */
function isPersonal({ type, actor }: AuditRecord, path: string): boolean {
  if (path === "actor.name") return actor.kind === "person";
  return (fieldClassOf(type, path) ?? "personal") === "personal";
}

/** @returns whether the value went behind a commitment */
function commit(into: Committing, field: string, value: FactValue): boolean {
  const { record } = into;
  if (value === null || !isPersonal(record, field)) return false;
  const salt = randomBytes(saltBytes);
  into.personal.push([field, commitTo(salt, value)]);
  into.values.push({ entryId: record.id, field, subject: subjectOf(record, value), salt, value });
  return true;
}

/**
 * Takes the personal values out of an entry and leaves commitments to them.
 *
 * @throws {LedgerError} for a value that has no canonical form
 */
export function splitRecord(record: AuditRecord): Split {
  const into: Committing = { record, values: [], personal: [] };
  const { actor, before, after, origin, details } = record;
  const { name, ...who } = actor;
  const withoutName = commit(into, "actor.name", name);
  const kept = (field: "before" | "after", value: string | null) => (commit(into, field, value) ? null : value);
  const withoutPlace = commit(into, "origin.address", origin.address);
  const logged: LoggedRecord = {
    ...record,
    v: 2,
    actor: withoutName ? who : actor,
    before: kept("before", before),
    after: kept("after", after),
    origin: withoutPlace ? { ...origin, address: null } : origin,
    details: Object.fromEntries(
      Object.entries(details).filter(([field, value]) => !commit(into, `details.${field}`, value)),
    ),
    ...(into.personal.length > 0 ? { personal: Object.fromEntries(into.personal) } : {}),
  };
  return { logged, values: into.values };
}
