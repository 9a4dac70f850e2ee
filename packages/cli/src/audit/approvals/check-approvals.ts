import { broken, checkGlass, isByGlass, reviewed } from "./break-glass.ts";
import { checkDecision, covers, gatesOf } from "./check-decision.ts";
import { checkSigned, hasSignature } from "./check-signed.ts";
import { checkCounting, countingOf } from "./count-signers.ts";
import { isHandedOver, openDelegations } from "./delegations.ts";
import { activated, blocked, blocksFrom, executed, modeChanged } from "./effects.ts";
import {
  entryOf,
  instantOf,
  SLACK_MS,
  speaksOfDecisions,
  textOf,
  textsOf,
  type Entry,
  type NumberedEntry,
} from "./entries.ts";
import { faultOfDecision, faultOfMove, faultOfRequest, isMove, REQUEST_CHANGES, requestOf } from "./history.ts";
import { openKeys } from "./keys.ts";
import { openLogTime } from "./log-time.ts";
import { openPeople } from "./people.ts";
import { find, storyOf, type Approval, type ApprovalReport, type CheckedAction, type Reading } from "./reading.ts";

/** In single-person mode one's own approval waits for at least so long. */
const OWN_DELAY_MS = 10 * 60_000;

const isOwnInTime = ({ entry, ownFrom }: Approval): boolean =>
  ownFrom !== undefined && ownFrom + SLACK_MS >= instantOf(entry.at) + OWN_DELAY_MS;

function approved(reading: Reading, entry: Entry): void {
  const story = storyOf(reading, entry.object);
  if (story.ran !== undefined)
    find(reading, { code: "AFTER_EXECUTION", at: entry, more: `it ran by entry ${story.ran.index}` });
  if (story.approvals.some((one) => one.signer === entry.actor && covers(one, entry)))
    find(reading, { code: "OUT_OF_ORDER", at: entry, more: "whoever signed it had approved it already" });
  const approval = checkDecision(reading, entry);
  const isOwn = [entry.actor, approval?.inPlace?.of ?? ""].some((id) => story.authors.has(id));
  // Said openly: one's own counts, once its delay is over.
  if (isOwn && !(reading.counted.isAlone && approval !== undefined && isOwnInTime(approval)))
    find(reading, { code: "BY_REQUESTER", at: entry });
  story.approvers.add(entry.actor);
  if (approval !== undefined && story.ran === undefined) story.approvals.push(approval);
}

/** By its own person, signed; or by whoever disabled them or ended their key, whom `approved_by` tells apart. */
function withdrawn(reading: Reading, entry: Entry): void {
  const story = storyOf(reading, entry.object);
  const of = textOf(entry.details["approved_by"]);
  if (of === "") checkDecision(reading, entry);
  const whose = of === "" ? entry.actor : of;
  if (!story.approvers.has(whose))
    find(reading, { code: "OUT_OF_ORDER", at: entry, more: `${whose} had approved nothing` });
  story.approvals = story.approvals.filter(({ signer }) => signer !== whose);
}

type Counted = Pick<CheckedAction, "by" | "signers"> & Readonly<{ counting: readonly Approval[] }>;

function countedFor(reading: Reading, ran: Entry): Counted {
  const { authors, broken: glass } = storyOf(reading, ran.object);
  if (glass !== undefined && isByGlass(reading, ran))
    return { by: "break_glass", signers: [glass.signer], counting: [] };
  const counting = countingOf(reading, ran);
  const signers = [...new Set(counting.map(({ signer }) => signer))];
  if (signers.length === 0) return { by: "nobody", signers, counting };
  return { by: signers.some((id) => authors.has(id)) ? "own" : "approvals", signers, counting };
}

function executing(reading: Reading, ran: Entry): void {
  const story = storyOf(reading, ran.object);
  const { ran: before, broken: glass } = story;
  if (before !== undefined) find(reading, { code: "RAN_TWICE", at: ran, more: `by entry ${before.index}` });
  if (!story.isBegun) find(reading, { code: "HISTORY_MISSING", at: ran });
  story.ran = ran;
  const { by, signers, counting } = countedFor(reading, ran);
  const target = textOf(ran.details["target"]);
  reading.executed.push({ action: ran.object, index: ran.index, type: textOf(story.type), target, signers, by });
  if (by === "break_glass" && glass !== undefined) checkGlass(reading, ran, glass);
  else {
    if (glass !== undefined && counting.length === 0)
      find(reading, {
        code: "OTHER_DIGEST",
        at: ran,
        more: "the glass was broken for something else, or counts no more",
      });
    checkCounting(reading, ran, counting);
  }
  blocksFrom(reading, story);
}

function begun(reading: Reading, { object, actor, details }: Entry): void {
  const { authors } = storyOf(reading, object);
  for (const id of [actor, ...textsOf(details["behind"])]) authors.add(id);
}

/** Policy was asked about the request: what it wants now is what must be there when it runs. */
function asked(reading: Reading, { object, details }: Entry): void {
  const story = storyOf(reading, object);
  if (textOf(details["decision"]) === "") return;
  story.needsPeople = details["decision"] === "require_approval";
  story.gates = gatesOf(details["requirements"]);
}

function handedOver(reading: Reading, entry: Entry): void {
  const endsOf = (said: Readonly<Record<string, unknown>>) => [instantOf(said["expires_at"])];
  const isSaid = (said: Readonly<Record<string, unknown>>) => isHandedOver(entry, said);
  const isSigned = hasSignature(entry) && checkSigned(reading, entry, { isSaid, endsOf }) !== undefined;
  reading.delegations.add(entry, isSigned);
}

type Step = (reading: Reading, entry: Entry) => void;
const STEPS: Readonly<Record<string, Step>> = {
  "action.created": (reading, entry) => {
    begun(reading, entry);
    const { type, ttl_seconds: ttlSeconds } = entry.details;
    Object.assign(storyOf(reading, entry.object), { isBegun: true, type, ttlSeconds });
  },
  // A new revision: whatever was decided before was about another one.
  "action.edited": (reading, entry) => {
    begun(reading, entry);
    const { ttl_seconds: ttlSeconds } = entry.details;
    Object.assign(storyOf(reading, entry.object), { ttlSeconds, broken: undefined });
  },
  "action.dry_run": asked,
  // Whoever submits what another drafted asks for it too.
  "action.submitted": (reading, entry) => {
    begun(reading, entry);
    asked(reading, entry);
  },
  "action.reopened": (reading, entry) => {
    storyOf(reading, entry.object).broken = undefined;
    asked(reading, entry);
  },
  "action.approval_recorded": approved,
  "action.rejected": (reading, entry) => void checkDecision(reading, entry),
  "action.approval_withdrawn": withdrawn,
  "action.break_glass": broken,
  "action.executing": executing,
  "action.executed": executed,
  "block.created": blocked,
  "block.extended": blocked,
  "policy.activated": activated,
  "mode.changed": modeChanged,
  "delegation.created": handedOver,
  "single_person.changed": ({ counted }, { after }) => void (counted.isAlone = after === "on"),
  "break_glass.reviewed": reviewed,
};

/** Each move from where the one before left its action, and about the request as it left it. */
function follow(reading: Reading, entry: Entry): void {
  const story = storyOf(reading, entry.object);
  const faults = [
    entry.outcome === "refused" ? "what was refused moves nothing" : undefined,
    faultOfMove(entry, story.state),
    faultOfDecision(entry),
    story.isBegun ? faultOfRequest(entry, story.request) : undefined,
  ];
  for (const more of faults) if (more !== undefined) find(reading, { code: "OUT_OF_ORDER", at: entry, more });
  if (entry.outcome === "refused") return;
  story.state = entry.after;
  if (REQUEST_CHANGES.has(entry.type)) story.request = requestOf(entry);
}

/** What was refused changed nothing, but that a passkey is refused from then on. */
const isDone = ({ outcome, type }: Entry): boolean => outcome !== "refused" || type === "passkey.suspected";

function readOne(reading: Reading, entry: Entry): void {
  const back = speaksOfDecisions(entry.type) ? reading.time.faultOf(entry) : undefined;
  if (back !== undefined) find(reading, { code: "BACKDATED", at: entry, more: back });
  if (isMove(entry.type)) follow(reading, entry);
  if (!isDone(entry)) return;
  reading.people.read(entry);
  reading.delegations.read(entry);
  const unfit = reading.keys.read(entry);
  if (unfit !== undefined) find(reading, { code: "KEY_SHARED", at: entry, more: unfit });
  if (Object.hasOwn(STEPS, entry.type)) STEPS[entry.type]?.(reading, entry);
}

function openReading(installation: string | undefined): Reading {
  const people = openPeople();
  return {
    time: openLogTime(),
    people,
    keys: openKeys(people),
    delegations: openDelegations(people),
    nonces: new Map(),
    stories: new Map(),
    findings: [],
    executed: [],
    glasses: new Map(),
    reviewed: new Set(),
    blockedUntil: new Map(),
    counted: { signatures: 0, isAlone: false, isPublished: false },
    installation,
  };
}

/**
 * Checks every signed decision of a log, and every action that ran, with the public keys of the log alone.
 *
 * @param entries in the order of the log, from the first; that they are the log's is for the caller to have verified
 * @param installation origin of the log: a statement made for another counts nowhere else
 */
export function checkApprovals(entries: Iterable<NumberedEntry>, installation?: string): ApprovalReport {
  const reading = openReading(installation);
  for (const one of entries) readOne(reading, entryOf(one));
  const { findings, counted, stories } = reading;
  const isReviewed = (action: string): boolean => reading.reviewed.has(stories.get(action)?.broken?.id ?? "");
  const ran = reading.executed.map((one) =>
    one.by === "break_glass" ? { ...one, reviewed: isReviewed(one.action) } : one,
  );
  const { signatures } = counted;
  return { ok: findings.length === 0, signatures, keys: reading.keys.used(), executed: ran, findings };
}
