import type { IncidentId, ModeName, Severity } from "@tyr/contract";
import type { Demand } from "./mode-state.ts";
import type { InForce } from "./settings/settings.ts";

/** An incident that may ask for another mode. */
export type AskingIncident = Readonly<{
  incidentId: IncidentId;
  severity: Severity;
  openedAt: Date;
  /** Of its last change. */
  changedAt: Date;
  closedAt: Date | null;
}>;

const MINUTE_MS = 60_000;
/** Incidents that raise a mode stand in the log with it; more say nothing more. */
const NAMED_MAX = 20;

type Asked = Readonly<{ incidentId: IncidentId; isCritical: boolean; from: number; to: number }>;

/** From its opening until its window is over, or it is closed. */
function asks(one: AskingIncident, windowMs: number): Asked {
  const { incidentId, severity, openedAt, changedAt, closedAt } = one;
  const over = changedAt.getTime() + windowMs;
  const to = closedAt === null ? over : Math.min(over, closedAt.getTime());
  return { incidentId, isCritical: severity === "critical", from: openedAt.getTime(), to };
}

/** The last instant up to now at which `least` of them asked at a time. */
function lastOfAtLeast(all: readonly Asked[], least: number, now: number): Date | null {
  const ends = all.map(({ to }) => Math.min(to, now)).toSorted((a, b) => b - a);
  const found = ends.find((at) => all.filter(({ from, to }) => from <= at && at <= to).length >= least);
  return found === undefined ? null : new Date(found);
}

/**
 * What open incidents ask for under these settings: lockdown for a critical one, elevated mode for so many of high
 * severity or worse at a time. Those opened before `ignoreBefore` ask for nothing.
 */
export function demandOf(
  incidents: readonly AskingIncident[],
  { settings, ignoreBefore, now }: Readonly<{ settings: InForce; ignoreBefore: string | null; now: Date }>,
): Demand {
  const at = now.getTime();
  const after = ignoreBefore === null ? -Infinity : new Date(ignoreBefore).getTime();
  const windowMs = settings.escalateWindowMinutes * MINUTE_MS;
  const all = incidents
    .filter(({ openedAt }) => openedAt.getTime() > after)
    .map((one) => asks(one, windowMs))
    .filter(({ from, to }) => from <= at && from <= to);
  const critical = settings.autoLockdown ? all.filter(({ isCritical }) => isCritical) : [];
  const serious = settings.autoElevate ? all : [];
  const lockdownAt = lastOfAtLeast(critical, 1, at);
  const elevatedAt = lastOfAtLeast(serious, settings.elevateIncidents, at);
  const isNow = (when: Date | null): boolean => when?.getTime() === at;
  const mode: ModeName = isNow(lockdownAt) ? "lockdown" : isNow(elevatedAt) ? "elevated" : "normal";
  const asking = mode === "normal" ? [] : (mode === "lockdown" ? critical : serious).filter(({ to }) => to >= at);
  const latest = [lockdownAt, elevatedAt].flatMap((when) => when ?? []).toSorted((a, b) => b.getTime() - a.getTime());
  return {
    mode,
    incidents: asking.slice(0, NAMED_MAX).map(({ incidentId }) => incidentId),
    lastAsked: (wanted) => (wanted === "lockdown" ? lockdownAt : (latest[0] ?? null)),
  };
}
