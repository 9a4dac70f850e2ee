import { Type, type Static } from "typebox";
import { IdSchema } from "../ids.ts";
import { Instant, PageOf } from "./basics.ts";

/** Classes of records that a time can be set for; what none is set for is kept for ever. */
export const RECORD_CLASSES = {
  event: "events as sensors sent them, by when they were stored",
  incident: "closed incidents with their notes, by when they were closed",
  detection: "detections with their ATT&CK tags, by when they were recorded; those of an incident stay with it",
  attacker: "source addresses with what was derived of them, by when they were last seen",
  session: "sessions and known browsers of people, by when they ended",
  quarantine: "input nobody could read, by when it came",
  audit: "entries of the audit log, by when they were written: archived first, hashes and proofs stay",
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
export const RetentionReport = Type.Object({
  dryRun: Type.Boolean(),
  items: Type.Array(RetentionLine),
  classes: Type.Array(
    Type.Object({
      class: Type.Enum(RECORD_CLASS_NAMES as RecordClass[]),
      about: Type.String(),
      keepDays: Type.Union([Type.Integer(), Type.Null()], { description: "null: kept for ever" }),
    }),
  ),
  nextRunAt: Type.Union([Instant, Type.Null()], { description: "null: no class has a time, so nothing runs" }),
});
export type RetentionReport = Static<typeof RetentionReport>;

/** What a run did; the log holds an entry of each removal and one of the run. */
export const RetentionRun = Type.Object({
  id: IdSchema("retentionRun"),
  startedAt: Instant,
  endedAt: Instant,
  by: Type.Object({ kind: Type.String(), id: Type.String() }),
  reason: Type.String(),
  items: Type.Array(RetentionLine),
  failed: Type.Union([Type.String(), Type.Null()], { description: "why it ended early; what it lists was removed" }),
});
export type RetentionRun = Static<typeof RetentionRun>;
export const RetentionRunPage = PageOf(RetentionRun);
