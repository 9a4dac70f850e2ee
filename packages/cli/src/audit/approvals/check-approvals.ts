import { checkDecision, gatesOf } from "./check-decision.ts";
import { onceEach, openDelegations } from "./delegations.ts";
import { entryOf, instantOf, textOf, textsOf, type Entry, type NumberedEntry } from "./entries.ts";
import { faultOfMove, isMove } from "./history.ts";
import { openKeys } from "./keys.ts";
import { find, storyOf, type Approval, type ApprovalReport, type Reading, type Story } from "./reading.ts";

function approved(reading: Reading, entry: Entry): void {
  const story = storyOf(reading, entry.object);
  if (story.ran !== undefined)
    find(reading, { code: "AFTER_EXECUTION", at: entry, more: `it ran by entry ${story.ran.index}` });
  const approval = checkDecision(reading, entry);
  const isOwn = [entry.actor, approval?.inPlace?.of ?? ""].some((id) => story.authors.has(id));
  // Said openly: one's own counts, once its delay is over.
  if (isOwn && !(reading.counted.isAlone && approval?.ownFrom !== undefined))
    find(reading, { code: "BY_REQUESTER", at: entry });
  if (approval !== undefined && story.ran === undefined) story.approvals.push(approval);
}

/** By its own person, signed; or by whoever disabled them or ended their key, whom `approved_by` tells apart. */
function withdrawn(reading: Reading, entry: Entry): void {
  const story = storyOf(reading, entry.object);
  const of = textOf(entry.details["approved_by"]);
  if (of === "") checkDecision(reading, entry);
  const whose = of === "" ? entry.actor : of;
  story.approvals = story.approvals.filter(({ signer }) => signer !== whose);
}

/** Only what names exactly what ran counts. */
function covers({ entry: { details } }: Approval, ran: Entry): boolean {
  return (["revision", "request_digest", "dry_run_digest"] as const).every(
    (name) => details[name] === ran.details[name],
  );
}

/** All that was asked for holds: by the log, and by each statement that counts. */
function checkQuorum(reading: Reading, ran: Entry, counting: readonly Approval[]): void {
  const { gates } = storyOf(reading, ran.object);
  for (const gate of [...gates, ...counting.flatMap((one) => one.gates)]) {
    const fit = counting.filter(({ roles }) => roles.some((role) => gate.roles.includes(role)));
    const people = new Set(fit.map(({ signer }) => signer)).size;
    if (people >= gate.approvals) continue;
    const more = `${people} of ${gate.approvals} with the role ${gate.roles.join(" or ")}`;
    return find(reading, { code: "QUORUM_SHORT", at: ran, more });
  }
}

function checkInTime(reading: Reading, ran: Entry, counting: readonly Approval[]): void {
  if (counting.some(({ deadline }) => deadline < instantOf(ran.at)))
    find(reading, { code: "LATE", at: ran, more: "it ran after the deadline that was signed" });
}

/** Whose word counts for exactly what ran: others'; or where nobody else's does, one's own after its delay, as one. */
function countingOf({ counted, stories, delegations }: Reading, ran: Entry): readonly Approval[] {
  const { approvals = [], authors = new Set<string>() } = stories.get(ran.object) ?? {};
  const instant = instantOf(ran.at);
  const holds = ({ signer, inPlace }: Approval): boolean =>
    inPlace === undefined || delegations.faultOf(inPlace, { signer, instant }) === undefined;
  const exact = approvals.filter((one) => covers(one, ran) && holds(one));
  const others = onceEach(
    exact.filter(({ signer, inPlace }) => !authors.has(signer) && !authors.has(inPlace?.of ?? "")),
  );
  if (others.length > 0 || !counted.isAlone) return others;
  return exact.filter(({ ownFrom }) => ownFrom !== undefined && ownFrom <= instantOf(ran.at)).slice(0, 1);
}

function byBreakGlass(reading: Reading, ran: Entry, broken: Approval): void {
  if (covers(broken, ran)) checkInTime(reading, ran, [broken]);
  else find(reading, { code: "OTHER_DIGEST", at: ran, more: "the glass was broken for something else" });
}

function byApprovals(reading: Reading, ran: Entry, counting: readonly Approval[]): void {
  const { approvals, needsPeople } = storyOf(reading, ran.object);
  if (counting.length > 0) {
    checkInTime(reading, ran, counting);
    return checkQuorum(reading, ran, counting);
  }
  if (approvals.length > 0) find(reading, { code: "OTHER_DIGEST", at: ran });
  else if (needsPeople) find(reading, { code: "QUORUM_SHORT", at: ran, more: "nobody's approval counts" });
}

function executing(reading: Reading, ran: Entry): void {
  const story = storyOf(reading, ran.object);
  const { ran: before, broken } = story;
  if (before !== undefined) find(reading, { code: "RAN_TWICE", at: ran, more: `by entry ${before.index}` });
  if (!story.isBegun) find(reading, { code: "HISTORY_MISSING", at: ran });
  story.ran = ran;
  const counting = broken === undefined ? countingOf(reading, ran) : [];
  const signers = [...new Set(counting.map(({ signer }) => signer))];
  const isOwn = counting.some(({ signer }) => story.authors.has(signer));
  const by = broken === undefined ? (signers.length === 0 ? "nobody" : isOwn ? "own" : "approvals") : "break_glass";
  const target = textOf(ran.details["target"]);
  const all = broken === undefined ? signers : [broken.signer];
  reading.executed.push({ action: ran.object, index: ran.index, target, signers: all, by });
  if (broken === undefined) byApprovals(reading, ran, counting);
  else byBreakGlass(reading, ran, broken);
}

/** A minute for the clock between what was planned and what was written. */
const SLACK_MS = 60_000;

function executed(reading: Reading, entry: Entry): void {
  const { ran, ttlSeconds, isBegun } = storyOf(reading, entry.object);
  if (ran === undefined && isBegun) find(reading, { code: "NO_ACTION", at: entry });
  if (!isBegun || typeof ttlSeconds !== "number") return;
  const ends = instantOf(entry.details["effect_ends_at"]);
  if (!(ends <= instantOf(entry.at) + ttlSeconds * 1_000 + SLACK_MS))
    find(reading, { code: "LASTS_LONGER", at: entry });
}

/** What is in force says by which action; that one ran. */
function effect(reading: Reading, entry: Entry): void {
  const action = textOf(entry.details["action_id"]);
  if (action !== "" && reading.stories.get(action)?.ran === undefined)
    find(reading, { code: "NO_ACTION", at: entry, more: action });
}

function begun(reading: Reading, { object, actor, details }: Entry): Story {
  const story = storyOf(reading, object);
  for (const id of [actor, ...textsOf(details["behind"])]) story.authors.add(id);
  return story;
}

/** Policy was asked about the request: what it wants now is what must be there when it runs. */
function asked(reading: Reading, { object, details }: Entry): void {
  const story = storyOf(reading, object);
  story.needsPeople = details["decision"] === "require_approval";
  story.gates = gatesOf(details["requirements"]);
}

function reviewed(reading: Reading, entry: Entry): void {
  const action = textOf(entry.details["action_id"]);
  const { authors } = storyOf(reading, action);
  if (entry.actor === entry.details["used_by"] || authors.has(entry.actor))
    find(reading, { code: "REVIEW_BY_USER", at: { ...entry, object: action } });
  else reading.reviewed.add(action);
}

type Step = (reading: Reading, entry: Entry) => void;
const STEPS: Readonly<Record<string, Step>> = {
  "action.created": (reading, entry) => {
    const story = begun(reading, entry);
    const { type, ttl_seconds: ttlSeconds } = entry.details;
    Object.assign(story, { isBegun: true, type, ttlSeconds });
  },
  // A new revision: whatever was decided before was about another one.
  "action.edited": (reading, entry) => {
    const { ttl_seconds: ttlSeconds } = entry.details;
    Object.assign(begun(reading, entry), { ttlSeconds, broken: undefined });
  },
  "action.submitted": asked,
  "action.reopened": (reading, entry) => {
    storyOf(reading, entry.object).broken = undefined;
    asked(reading, entry);
  },
  "action.approval_recorded": approved,
  "action.rejected": (reading, entry) => void checkDecision(reading, entry),
  "action.approval_withdrawn": withdrawn,
  "action.break_glass": (reading, entry) => {
    storyOf(reading, entry.object).broken = checkDecision(reading, entry);
  },
  "action.executing": executing,
  "action.executed": executed,
  "block.created": effect,
  "block.extended": effect,
  "policy.activated": effect,
  "single_person.changed": ({ counted }, { after }) => void (counted.isAlone = after === "on"),
  "break_glass.reviewed": reviewed,
};

/** One entry after the other, each from where the one before left its action. */
function readOne(reading: Reading, entry: Entry): void {
  // What was refused changed nothing.
  if (entry.outcome === "refused") return;
  reading.delegations.read(entry);
  const unfit = reading.keys.read(entry);
  if (unfit !== undefined) find(reading, { code: "KEY_SHARED", at: entry, more: unfit });
  if (isMove(entry.type)) {
    const story = storyOf(reading, entry.object);
    const more = faultOfMove(entry, story.state);
    if (more !== undefined) find(reading, { code: "OUT_OF_ORDER", at: entry, more });
    story.state = entry.after;
  }
  if (Object.hasOwn(STEPS, entry.type)) STEPS[entry.type]?.(reading, entry);
}

/**
 * Checks every signed decision of a log, and every action that ran, with the public keys of the log alone.
 *
 * @param entries in the order of the log, from the first; that they are the log's is for the caller to have verified
 * @param installation origin of the log: a statement made for another counts nowhere else
 */
export function checkApprovals(entries: Iterable<NumberedEntry>, installation?: string): ApprovalReport {
  const reading: Reading = {
    keys: openKeys(),
    delegations: openDelegations(),
    nonces: new Map(),
    stories: new Map(),
    findings: [],
    executed: [],
    reviewed: new Set(),
    counted: { signatures: 0, isAlone: false },
    installation,
  };
  for (const one of entries) readOne(reading, entryOf(one));
  const { findings, counted } = reading;
  const ran = reading.executed.map((one) =>
    one.by === "break_glass" ? { ...one, reviewed: reading.reviewed.has(one.action) } : one,
  );
  return { ok: findings.length === 0, signatures: counted.signatures, executed: ran, findings };
}
