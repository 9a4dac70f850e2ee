import { connect } from "node:net";
import type { AuditHead, OutputOf } from "@tyr/contract";
import { openCheckpoint, parseVerifierKey } from "@tyr/ledger";
import type { Api } from "../api.ts";
import { showDuration } from "../duration.ts";
import { CliFailure } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import type { Finding } from "./finding.ts";

type Status = OutputOf<"status.get">;
/** A sensor or an enforcement point. */
export type KeyHolder = Readonly<{ name: string; active: boolean; keyEndsAt: string }>;

/** Clocks this far apart make late events and token times hard to read; a minute breaks time-based correlation. */
const SKEW_SECONDS = { warning: 5, problem: 60 };
const LAG_EVENTS_MAX = 10_000;
/** An idle log is signed at least hourly; twice that without a checkpoint means that nobody signs. */
const CHECKPOINT_AGE_SECONDS_MAX = 2 * 3600;
/** Entries wait for their checkpoint under a second; a minute is a stopped sequencer. */
const WAITING_SECONDS_MAX = 60;
const CONNECT_MS = 2000;

function ok(name: string, detail: string): Finding {
  return { group: "server", name, state: "ok", detail };
}

function unlessFine(state: Finding["state"], name: string, texts: Readonly<{ detail: string; fix: string }>): Finding {
  return state === "ok" ? ok(name, texts.detail) : { group: "server", name, state, ...texts };
}

/** True when something accepts a connection there. */
async function isListening(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: CONNECT_MS });
  for (const [event, answer] of [
    ["connect", true],
    ["timeout", false],
    ["error", false],
  ] as const)
    socket.once(event, () => resolve(answer));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/** What stands where Tyr should: nothing on a free port of this machine is a warning, the rest a problem. */
async function explainSilence(url: URL): Promise<Finding> {
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isLocal = host === "localhost" || host === "::1" || host.startsWith("127.");
  if (await isListening(host, port)) {
    const detail = `something that is not Tyr answers on ${url.host}`;
    return unlessFine("problem", "port", { detail, fix: "Stop it, or start Tyr with --port and set TYR_URL." });
  }
  if (isLocal)
    return unlessFine("warning", "port", { detail: `${port} is free; Tyr is not running`, fix: "Start it: tyr up" });
  const fix = "Check the address, the network and whether the server runs.";
  return unlessFine("problem", "address", { detail: `${url.host} does not answer`, fix });
}

/** Whether Tyr answers at the address and takes work. */
export async function checkReachable(api: Api, url: URL): Promise<Finding> {
  try {
    const answer: Readonly<{ live?: unknown }> = await api.call("health.live", {});
    if (answer.live !== true) return await explainSilence(url);
  } catch {
    return await explainSilence(url);
  }
  try {
    await api.call("health.ready", {});
    return ok("address", `Tyr answers on ${url.host} and is ready`);
  } catch (error) {
    const reason = error instanceof CliFailure ? error.message : "not ready";
    const detail = `Tyr answers on ${url.host} but is not ready: ${reason}`;
    return unlessFine("problem", "address", { detail, fix: "Wait until it has started; then look at its log." });
  }
}

/** Where policies are told that this is no production, one person may be enough for a block. */
export function checkMode({ environment, mode }: Pick<OutputOf<"mode.get">, "environment" | "mode">): Finding {
  const detail = `policies are told: ${environment}, ${mode} mode`;
  const fix = "If attackers can reach it, set TYR_ENVIRONMENT=production and start again.";
  return unlessFine(environment === "production" ? "ok" : "warning", "policy", { detail, fix });
}

/** Open as long as it lasts: whoever installed it alone may have forgotten it. */
export function checkSinglePerson({ singlePerson }: Pick<OutputOf<"mode.get">, "singlePerson">): Finding[] {
  if (singlePerson?.on !== true) return [];
  const detail = `single-person mode is on: one's own approval counts after ${singlePerson.delayMinutes ?? 0} minutes`;
  const fix = "Give somebody else a role that approves; it ends a day later, or at once by tyr single-person off.";
  return [unlessFine("warning", "approvals", { detail, fix })];
}

/** What is in the folder and not in force decides nothing: whoever edits it thinks otherwise. */
export function checkPolicyFolder({ folder }: Pick<OutputOf<"policy.versions">, "folder">): readonly Finding[] {
  if (folder.inForce) return [];
  const detail =
    folder.digest === null
      ? "the folder of policies does not load; what was published stays in force"
      : `the folder of policies holds another bundle than the one in force: ${folder.digest}`;
  const fix = "Compare them: tyr policy diff FOLDER. Ask for it: tyr policy publish FOLDER --reason TEXT.";
  return [unlessFine("warning", "policies", { detail, fix })];
}

export function checkClock(serverNow: string, localNow: number): Finding {
  const skew = Math.abs(Date.parse(serverNow) - localNow) / 1000;
  const state = skew > SKEW_SECONDS.problem ? "problem" : skew > SKEW_SECONDS.warning ? "warning" : "ok";
  const detail = `${skew.toFixed(1)} s apart from this machine`;
  return unlessFine(state, "clock", { detail, fix: "Let both keep time by NTP (timedatectl)." });
}

function checkDurability({ database }: Status): Finding {
  const meaning = database.durable ? "acknowledged means on disk" : "acknowledged is NOT on disk";
  const fix = "Set fsync on in PostgreSQL, or start the embedded engine without turning it off.";
  return unlessFine(database.durable ? "ok" : "problem", "durability", {
    detail: `${database.engine}, ${meaning}`,
    fix,
  });
}

function checkLag({ pipeline }: Status): Finding {
  const isBehind = pipeline.some(({ lag }) => lag > LAG_EVENTS_MAX);
  const lags = pipeline.map(({ consumer, lag }) => `${consumer} ${lag}`).join(", ");
  const detail = lags === "" ? "no consumer reports" : `events behind: ${lags}`;
  const fix = "Wait, and look again: a lag that grows needs a faster machine.";
  return unlessFine(isBehind ? "warning" : "ok", "pipeline", { detail, fix });
}

function checkRules({ rules }: Status): Finding {
  const state = rules.rejected > 0 || rules.loaded === 0 ? "problem" : "ok";
  const detail = `${rules.loaded} loaded, ${rules.rejected} rejected`;
  return unlessFine(state, "rules", { detail, fix: "See what is wrong: tyr rule list, tyr rule validate" });
}

/** Both are fine: whoever asks shall know which server they asked. */
function checkStages({ stages }: Status): readonly Finding[] {
  if (stages === undefined) return [];
  const detail = stages.leads ? "run here" : "stand by: another server on this database runs them";
  return [unlessFine("ok", "stages", { detail, fix: "" })];
}

/** Whoever relies on being told does not look: what does not arrive is a finding. */
function checkNotifications({ notifications }: Status): readonly Finding[] {
  if (notifications === undefined) return [];
  const { gathered, waiting, givenUp, failure } = notifications;
  const state = givenUp > 0 ? "problem" : failure === null ? "ok" : "warning";
  const why = failure === null ? "" : `, the last attempt failed: ${failure}`;
  const detail = `${gathered + waiting} on their way, ${givenUp} given up${why}`;
  const fix = "See which and why: tyr notify status. Try the place: tyr notify test; send again: tyr notify retry ID.";
  return [unlessFine(state, "notifications", { detail, fix })];
}

export function checkStatus(status: Status): Finding[] {
  return [
    checkDurability(status),
    checkLag(status),
    checkRules(status),
    ...checkStages(status),
    ...checkNotifications(status),
  ];
}

const KEY_WARN_DAYS = 14;
const DAY_MS = 86_400_000;
const NAMES_SHOWN = 5;

/** A sender or a firewall whose key has ended is refused: nothing arrives any more, and blocks grow old there. */
export function checkKeys(holders: readonly KeyHolder[], now: number): Finding {
  const ending = holders
    .filter(({ active, keyEndsAt }) => active && Date.parse(keyEndsAt) < now + KEY_WARN_DAYS * DAY_MS)
    .toSorted((a, b) => a.keyEndsAt.localeCompare(b.keyEndsAt));
  const [first] = ending;
  const keys = `${holders.length} keys of sensors and enforcement points`;
  if (first === undefined) return ok("keys", `${keys}, none ends within ${KEY_WARN_DAYS} days`);
  const state = Date.parse(first.keyEndsAt) <= now ? "problem" : "warning";
  const shown = ending.slice(0, NAMES_SHOWN).map(({ name, keyEndsAt }) => `${visible(name)} ${keyEndsAt.slice(0, 10)}`);
  const more = ending.length > NAMES_SHOWN ? `, and ${ending.length - NAMES_SHOWN} more` : "";
  const fix = "Give each a new key: tyr sensor rotate NAME, tyr enforcer rotate NAME";
  return unlessFine(state, "keys", { detail: `end soon or have ended: ${shown.join(", ")}${more}`, fix });
}

const KEEP_EVIDENCE =
  "Keep the data directory as evidence; tyr audit export, then tyr audit verify with an earlier checkpoint.";

/** The newest checkpoint must be signed by the key the server names, say what the server says, and be fresh. */
export async function checkAudit(head: AuditHead, now: number): Promise<Finding> {
  const broken = (detail: string): Finding => unlessFine("problem", "audit", { detail, fix: KEEP_EVIDENCE });
  const key = parseVerifierKey(head.vkey.split("\n", 1)[0] ?? "");
  if (!key.ok) return broken("the log's verifier key is not one");
  const opened = await openCheckpoint(head.checkpoint, [key.value], head.origin);
  if (!opened.ok) return broken(`the newest checkpoint does not verify: ${opened.refusal.message}`);
  const { size } = opened.value;
  if (size > head.size) return broken(`the server holds ${head.size} entries, its checkpoint speaks of ${size}`);
  const ageSeconds = (now - Date.parse(head.checkpointAt)) / 1000;
  const detail = `${size} entries, signed ${showDuration(ageSeconds)} ago, ${head.waiting} waiting`;
  const isStale = ageSeconds > CHECKPOINT_AGE_SECONDS_MAX || (head.waiting > 0 && ageSeconds > WAITING_SECONDS_MAX);
  const fix = "Nobody signs the log any more: look at the server's log.";
  return unlessFine(isStale ? "problem" : "ok", "audit", { detail, fix });
}
