import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { canonicalAddress } from "#collect";
import type { NewDetection } from "../detection.ts";
import type { EvaluatedEvent } from "../evaluate.ts";
import type { RulePack } from "../rule-pack.ts";
import { playLog } from "./play-log.ts";

/** A scenario test of the CrowdSec hub: a log, and whom its own scenario names. */
export type HubTest = Readonly<{
  test: string;
  log_type: string;
  log: string;
  expected_overflows: readonly Readonly<{ scenario: string; sources: readonly string[] }>[];
}>;

/** What our pack makes of it. `flagged`: an address with at least one finding that is more than informational and bears risk. */
export type HubOutcome = Readonly<{
  test: string;
  expected: readonly string[];
  missing: readonly string[];
  /** Flagged, and not expected. Where the hub expects somebody it only ran the scenario named, so it is no judge of these. */
  surplus: readonly string[];
  lines: number;
  unread: number;
  /** Every detection that flags. */
  flags: readonly Readonly<{ ruleId: string; actor: string | null }>[];
}>;

export function readHubTests(): readonly HubTest[] {
  const packed = readFileSync(new URL("crowdsec-hub/scenario-tests.ndjson.gz", import.meta.url));
  const lines = gunzipSync(packed).toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as HubTest);
}

function isFlag({ severity, riskPoints }: NewDetection): boolean {
  return severity !== "info" && riskPoints > 0;
}

export function playHubTest(pack: RulePack, test: HubTest): HubOutcome {
  const lines = test.log.split(/\r?\n/).filter((line) => line.trim() !== "");
  const played = playLog(pack, lines);
  const events = new Map(played.events.map((event) => [String(event.id), event]));
  const found = played.found.filter((detection) => isFlag(detection));
  const expected = [...new Set(test.expected_overflows.flatMap(({ sources }) => sources).map(named))];
  const flagged = new Set(found.flatMap(({ actorIp }) => (actorIp === null ? [] : [actorIp])));
  return {
    test: test.test,
    expected,
    missing: expected.filter((source) => !flagged.has(source) && !namesOther(source, found, events)),
    surplus: [...flagged].filter((address) => !expected.includes(address)),
    lines: lines.length,
    unread: played.unread,
    flags: found.map(({ ruleId, actorIp }) => ({ ruleId, actor: actorIp })),
  };
}

function named(source: string): string {
  return canonicalAddress(source) ?? source;
}

/** The hub names a process, a program or an account where there is no address: a finding on a line that names it will do. */
function namesOther(
  source: string,
  found: readonly NewDetection[],
  events: ReadonlyMap<string, EvaluatedEvent>,
): boolean {
  if (canonicalAddress(source) !== undefined) return false;
  return found.some(({ eventIds }) => eventIds.some((id) => events.get(id)?.raw.includes(source) === true));
}
