import { Type, type Static } from "typebox";
import { Instant } from "./basics.ts";

/** Classes of records that a time can be set for; what none is set for is kept for ever. */
export const RECORD_CLASSES = {
  event: "events as sensors sent them, by when they were stored",
  quarantine: "input nobody could read, by when it came",
  personal: "personal values of the audit log with their salts, by their entry; commitments and proofs stay",
} as const;
export type RecordClass = keyof typeof RECORD_CLASSES;
export const RECORD_CLASS_NAMES = Object.keys(RECORD_CLASSES) as readonly RecordClass[];

export const RetentionLine = Type.Object({
  class: Type.Enum(RECORD_CLASS_NAMES as RecordClass[]),
  keepDays: Type.Integer(),
  cutoff: Type.Unsafe<string>({ ...Instant, description: "older than this is due" }),
  due: Type.Integer({ description: "records that are old enough, held or not" }),
  removed: Type.Integer({ description: "0 in a dry run" }),
  held: Type.Array(Type.Object({ why: Type.String(), records: Type.Integer() })),
});
export type RetentionLine = Static<typeof RetentionLine>;
export const RetentionReport = Type.Object({ dryRun: Type.Boolean(), items: Type.Array(RetentionLine) });
export type RetentionReport = Static<typeof RetentionReport>;
