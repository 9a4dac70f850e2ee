import type { Environment, ModeName, Severity } from "@tyr/contract";
import { SEVERITIES } from "@tyr/contract";

/** Distinct people whose approval covers exactly what would run. */
export type ApprovalCounts = Readonly<{ total: number; approver: number; security_manager: number }>;
export const NO_APPROVALS: ApprovalCounts = { total: 0, approver: 0, security_manager: 0 };

/** What decisions were made from before the inventory, clocks and rates were part of the question (no `v`). */
export type FirstContext = Readonly<{
  mode: ModeName;
  environment: Environment;
  approvals: ApprovalCounts;
  /** The one approval that counts is the requester's own. Left out in decisions from before that was possible. */
  selfApproved?: boolean;
  ttlSeconds: number | null;
  risk: number | null;
  successfulLogins: number | null;
}>;

/** What is the case beside the target. Numbers are whole; what there is none of has a number of its own, never none. */
export type Circumstances = FirstContext &
  Readonly<{
    selfApproved: boolean;
    /** Of the incident that speaks for it: 1 (info) to 5 (critical), 0 without one. */
    severity: number;
    /** Percent, of the surest of its detections; 0 without one. */
    confidence: number;
    /** In the time zone of the settings: 0 to 23, and 1 (Monday) to 7 (Sunday). */
    hour: number;
    weekday: number;
    /** Risk from which automation proposes in the mode in force. */
    proposeRisk: number;
    /** Other actions programs asked for in the hour before this one, and how many the settings allow. */
    automaticLastHour: number;
    automaticPerHourMax: number;
    /** Whoever asks holds mode:write, proved at this moment. */
    modeWriter: boolean;
  }>;

export function severityNumber(severity: string | null): number {
  return SEVERITIES.indexOf(severity as Severity) + 1;
}

/**
 * What was not asked about before, where a decision of that time is asked of another bundle: taken so that it raises no
 * gate and lifts none, for nobody knows any more. A decision of now never gets these.
 */
const NOT_KNOWN_THEN = {
  selfApproved: false,
  severity: SEVERITIES.length,
  confidence: 100,
  hour: 12,
  weekday: 3,
  proposeRisk: 70,
  automaticLastHour: 0,
  automaticPerHourMax: 240,
  modeWriter: false,
} as const;

export function sinceThen(context: FirstContext): Circumstances {
  return { ...NOT_KNOWN_THEN, ...context };
}

/** Circumstances in which the default policies have nothing to object to: for examples, which name what differs. */
export const QUIET: Circumstances = {
  ...NOT_KNOWN_THEN,
  severity: 0,
  confidence: 0,
  mode: "normal",
  environment: "development",
  approvals: NO_APPROVALS,
  ttlSeconds: 3_600,
  risk: null,
  successfulLogins: null,
};
