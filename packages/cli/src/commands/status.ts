import { CORRELATION_LOSSES, hidingLosses, type OutputOf } from "@tyr/contract";
import type { Run } from "../context.ts";
import { showBytes, showDuration } from "../duration.ts";
import { EXIT } from "../exit-codes.ts";
import type { Paint } from "../output/color.ts";
import { showInstant } from "../output/instants.ts";
import { pairs, type Cell } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";

type Status = OutputOf<"status.get">;
type Overview = OutputOf<"overview.get">;

function agoOf(instant: string | null, now: string): string | null {
  return instant === null ? null : `${showDuration((Date.parse(now) - Date.parse(instant)) / 1000)} ago`;
}

function severities(overview: Overview): string {
  const found = ["critical", "high", "medium", "low", "info"]
    .map((name) => [name, overview.incidents.bySeverity[name] ?? 0] as const)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`);
  return found.length === 0 ? "" : `: ${found.join(", ")}`;
}

/** `lockdown since 5m ago by Ana, until …: why`; a mode that never changed is only named. */
function modeOf({ mode, updated_at: at, source, until = null, reason }: Overview["mode"], now: string): string {
  const since = agoOf(at, now);
  if (since === null) return mode;
  const end = until === null ? "" : `, until ${showInstant(until)}`;
  return `${mode} since ${since} by ${visible(source)}${end}${reason === undefined ? "" : `: ${visible(reason)}`}`;
}

/** `cosigned up to entry 240, 3m ago (2 of 3 witnesses answer)`; an alarm before all. */
function cosigningOf({ cosigning, now }: Status): readonly (readonly [string, Cell])[] {
  if (cosigning === undefined) return [];
  const { size, at, quorum, alarm, witnesses } = cosigning;
  const upTo = size === null ? "not cosigned yet" : `cosigned up to entry ${size}, ${agoOf(at, now) ?? ""}`;
  const silent = witnesses
    .filter(({ problem }) => problem !== null)
    .map(({ name, problem }): readonly [string, Cell] => ["witness", `${visible(name)} ${visible(problem ?? "")}`]);
  const rows: (readonly [string, Cell])[] = [["witnesses", `${upTo} (asked for: ${visible(quorum)})`], ...silent];
  return alarm === null ? rows : [["ALARM", visible(alarm)], ...rows];
}

/** Pipelines somebody set, with what of them was ignored; nothing where there are none. */
function pipelinesOf({ rules: { pipelines = [] } }: Status): readonly (readonly [string, Cell])[] {
  return pipelines.map(({ path, name, appliesTo, steps, warnings }) => {
    const ignored = warnings.length === 0 ? "" : `; ${warnings.map((one) => visible(one)).join("; ")}`;
    return ["pipeline", `${visible(path)} (${visible(name)}): ${steps} steps on ${appliesTo}${ignored}`];
  });
}

/** What correlations could not use since the start; nothing is said of what never happened. */
function lossesOf({ correlationLosses, correlationLossesByRule }: Status): readonly (readonly [string, Cell])[] {
  const reasons = hidingLosses(correlationLosses).map(([reason, count]): readonly [string, Cell] => [
    `lost ${reason}`,
    `${count} in correlations: ${CORRELATION_LOSSES[reason]}`,
  ]);
  const rules = correlationLossesByRule.map(({ ruleId, title, losses }): readonly [string, Cell] => {
    const counts = hidingLosses(losses).map(([reason, count]) => `${count} ${reason}`);
    return ["lost by rule", `${visible(title ?? "a rule that is gone")} (${visible(ruleId)}): ${counts.join(", ")}`];
  });
  return [...reasons, ...rules];
}

/** What was derived since the start, and what that could not be done for. */
function stagesOf({ stages, now }: Status): readonly (readonly [string, Cell])[] {
  if (stages === undefined) return [];
  const role = stages.leads ? "run here" : "stand by: another server leads";
  return [["stages", `${role}, since ${agoOf(stages.since, now)}`]];
}

function liftOf({ lift }: Status): readonly (readonly [string, Cell])[] {
  return (lift?.lifters ?? []).map(({ lifter, events, derived, failures, letGo }) => {
    const lost = [
      ...(failures > 0 ? [`${failures} events it broke on`] : []),
      ...(letGo > 0 ? [`${letGo} let go for want of room`] : []),
    ];
    return [`derived ${visible(lifter)}`, [`${derived} of ${events} events`, ...lost].join(", ")];
  });
}

function lines(status: Status, overview: Overview, paint: Paint): string[] {
  const { approvals, blocks } = overview;
  const oldest = agoOf(approvals.oldestAt, status.now);
  const facts: readonly (readonly [string, Cell])[] = [
    [
      "version",
      `${status.version}, up ${showDuration((Date.parse(status.now) - Date.parse(status.startedAt)) / 1000)}`,
    ],
    [
      "database",
      `${status.database.engine}, schema ${status.database.schema}, ${status.database.durable ? "durable" : "NOT durable"}`,
    ],
    ["mode", modeOf(overview.mode, status.now)],
    ["incidents", `${overview.incidents.open} open${severities(overview)}`],
    ["approvals", `${approvals.waiting} waiting${oldest === null ? "" : `, oldest ${oldest}`}`],
    [
      "blocks",
      `${blocks.active} active, ${blocks.unacknowledged} not confirmed, ${blocks.enforcersSeen} of ${blocks.enforcers} enforcement points seen`,
    ],
    ["events", `${overview.events.total}, last ${agoOf(overview.events.lastAt, status.now) ?? "never"}`],
    ["detections", overview.detections.total],
    ["rules", `${status.rules.loaded} loaded, ${status.rules.rejected} rejected`],
    ...pipelinesOf(status),
    ...stagesOf(status),
    ["audit", `${overview.audit.size} entries, checkpoint ${showInstant(overview.audit.checkpointAt) ?? "none"}`],
    ...cosigningOf(status),
    ["intake", `${showBytes(status.intake.queuedBytes)} queued of ${showBytes(status.intake.queuedBytesMax)}`],
    ["memory", showBytes(status.memoryBytes)],
    ...status.pipeline.map((one): readonly [string, Cell] => [`lag ${visible(one.consumer)}`, `${one.lag} events`]),
    ...liftOf(status),
    ...lossesOf(status),
    ...status.imports.map((one): readonly [string, Cell] => [
      `import ${visible(one.name)}`,
      `${one.state} ${one.done}/${one.total}`,
    ]),
  ];
  return pairs(facts, paint);
}

export const status: Run = async ({ api: open, print }) => {
  const api = await open();
  const [now, overview] = await Promise.all([api.call("status.get", {}), api.call("overview.get", {})]);
  print.one({ status: now, overview }, () => lines(now, overview, print.paint));
  if (overview.approvals.waiting > 0) print.say("Look at what waits: tyr action list --waiting");
  if (now.rules.loaded === 0)
    print.warn("no rule is in force, so nothing is detected; check TYR_RULES_DIR with tyr rule validate");
  if (overview.blocks.unacknowledged === 0) return EXIT.ok;
  print.warn(
    `${overview.blocks.unacknowledged} active block(s) no enforcement point has confirmed; see tyr block list --state active`,
  );
  return EXIT.drift;
};
