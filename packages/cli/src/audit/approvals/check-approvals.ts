import { digestOfText, faultOfSignature, readStatement, type SignedDetails } from "./check-signature.ts";

/** An entry of the log with its number. Every field is what somebody wrote: nothing of it is believed. */
export type NumberedEntry = Readonly<{ index: number; entry: unknown }>;

const APPROVAL_FAULTS = {
  STATEMENT_ALTERED: "what was signed is not what the log says was decided",
  SIGNATURE_WRONG: "the signature does not hold",
  UNSIGNED: "nobody signed it",
  KEY_UNKNOWN: "the signer never registered this key in the log",
  KEY_ENDED: "the key had ended before it was used",
  BY_REQUESTER: "whoever asked for it, or changed it, approved it",
  QUORUM_SHORT: "fewer people signed than the statement asks for",
  OTHER_DIGEST: "what ran is not what was signed",
  AFTER_EXECUTION: "it was approved after it ran",
  REPLAYED: "the same signed statement is there twice",
  LATE: "it was recorded after the statement or the decision was over",
} as const;
type ApprovalFault = keyof typeof APPROVAL_FAULTS;
type ApprovalFinding = Readonly<{ code: ApprovalFault; index: number; action: string; message: string }>;

export type CheckedAction = Readonly<{
  action: string;
  /** Number of the entry by which it began to run. */
  index: number;
  target: string;
  signers: readonly string[];
  /** `nobody`: policy let it run without people. */
  by: "approvals" | "break_glass" | "nobody";
}>;
export type ApprovalReport = Readonly<{
  ok: boolean;
  /** Signed decisions whose signature was checked. */
  signatures: number;
  executed: readonly CheckedAction[];
  findings: readonly ApprovalFinding[];
}>;

type Entry = Readonly<{
  index: number;
  at: string;
  type: string;
  actor: string;
  object: string;
  after: string;
  details: Readonly<Record<string, unknown>>;
}>;

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(textOf) : []);

function entryOf({ index, entry }: NumberedEntry): Entry {
  const { at, type, actor, object, after, details } = fieldsOf(entry);
  return {
    index,
    at: textOf(at),
    type: textOf(type),
    actor: textOf(fieldsOf(actor)["id"]),
    object: textOf(fieldsOf(object)["id"]),
    after: textOf(after),
    details: fieldsOf(details),
  };
}

type OwnKey = Readonly<{ owner: string; publicKey: string; expiresAt: string }>;
type Gate = Readonly<{ approvals: number; roles: readonly string[] }>;
type Approval = Readonly<{
  entry: Entry;
  signer: string;
  roles: readonly string[];
  gates: readonly Gate[];
}>;
/** What the log has said so far about one action. */
type Story = {
  readonly authors: Set<string>;
  approvals: Approval[];
  broken: boolean;
  /** Policy wanted people when it was submitted. */
  needsPeople: boolean;
  ran: Entry | undefined;
};
type Reading = Readonly<{
  keys: Map<string, OwnKey>;
  ended: Map<string, number>;
  nonces: Map<string, number>;
  stories: Map<string, Story>;
  findings: ApprovalFinding[];
  executed: CheckedAction[];
  counted: { signatures: number };
  installation: string | undefined;
}>;

function storyOf({ stories }: Reading, action: string): Story {
  const known = stories.get(action);
  if (known !== undefined) return known;
  const story: Story = { authors: new Set(), approvals: [], broken: false, needsPeople: false, ran: undefined };
  stories.set(action, story);
  return story;
}

type Found = Readonly<{ code: ApprovalFault; at: Entry; more?: string }>;

function find({ findings }: Reading, { code, at: { index, object }, more }: Found): void {
  const message = more === undefined ? APPROVAL_FAULTS[code] : `${APPROVAL_FAULTS[code]}: ${more}`;
  findings.push({ code, index, action: object, message });
}

const SAYS: Readonly<Record<string, string>> = {
  "action.approval_recorded": "approve",
  "action.rejected": "reject",
  "action.approval_withdrawn": "withdraw",
  "action.break_glass": "break_glass",
};

/** Statement and entry say the same, under the name the log gives the statement. */
function isSameAsSaid(entry: Entry, said: Readonly<Record<string, unknown>>, { installation }: Reading): boolean {
  const { details } = entry;
  return (
    digestOfText(textOf(details["statement"])) === details["statement_digest"] &&
    said["statement"] === SAYS[entry.type] &&
    said["action_id"] === entry.object &&
    said["signer"] === entry.actor &&
    said["revision"] === details["revision"] &&
    said["target"] === details["target"] &&
    said["request_digest"] === details["request_digest"] &&
    said["dry_run_digest"] === (details["dry_run_digest"] ?? null) &&
    (installation === undefined || said["installation"] === installation)
  );
}

function checkKeyOf(reading: Reading, entry: Entry): void {
  const id = textOf(entry.details["key_id"]);
  const key = reading.keys.get(id);
  if (key === undefined || key.owner !== entry.actor || key.publicKey !== entry.details["public_key"])
    find(reading, { code: "KEY_UNKNOWN", at: entry, more: id });
  else if (reading.ended.has(id) || (key.expiresAt !== "" && key.expiresAt <= entry.at))
    find(reading, { code: "KEY_ENDED", at: entry, more: id });
}

function checkOnce(reading: Reading, entry: Entry, nonce: string): void {
  const before = reading.nonces.get(nonce);
  if (before !== undefined) find(reading, { code: "REPLAYED", at: entry, more: `first in entry ${before}` });
  reading.nonces.set(nonce, entry.index);
}

function gatesOf(said: Readonly<Record<string, unknown>>): readonly Gate[] {
  const all: readonly unknown[] = Array.isArray(said["requirements"]) ? said["requirements"] : [];
  return all.map((one) => {
    const { approvals, roles } = fieldsOf(one);
    return { approvals: typeof approvals === "number" ? approvals : Infinity, roles: textsOf(roles) };
  });
}

/** One signed decision, by itself. @returns what it counts for, undefined where it counts for nothing */
function checkDecision(reading: Reading, entry: Entry): Approval | undefined {
  const { details } = entry;
  if (textOf(details["statement"]) === "" || textOf(details["signature"]) === "") {
    find(reading, { code: "UNSIGNED", at: entry });
    return undefined;
  }
  reading.counted.signatures += 1;
  const said = readStatement(textOf(details["statement"]));
  if (said === undefined || !isSameAsSaid(entry, said, reading)) {
    find(reading, { code: "STATEMENT_ALTERED", at: entry });
    return undefined;
  }
  const fault = faultOfSignature(details as SignedDetails);
  if (fault !== undefined) find(reading, { code: "SIGNATURE_WRONG", at: entry, more: fault });
  checkKeyOf(reading, entry);
  checkOnce(reading, entry, textOf(said["nonce"]));
  const over = [said["expires_at"], said["deadline_at"]].filter((one) => typeof one === "string");
  if (over.some((instant) => instant < entry.at)) find(reading, { code: "LATE", at: entry });
  if (fault !== undefined) return undefined;
  return { entry, signer: entry.actor, roles: textsOf(said["signer_roles"]), gates: gatesOf(said) };
}

function approved(reading: Reading, entry: Entry): void {
  const story = storyOf(reading, entry.object);
  if (story.ran !== undefined)
    find(reading, { code: "AFTER_EXECUTION", at: entry, more: `it ran by entry ${story.ran.index}` });
  if (story.authors.has(entry.actor)) find(reading, { code: "BY_REQUESTER", at: entry });
  const approval = checkDecision(reading, entry);
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

function checkQuorum(reading: Reading, ran: Entry, counting: readonly Approval[]): void {
  for (const gate of counting.flatMap(({ gates }) => gates)) {
    const fit = counting.filter(({ roles }) => roles.some((role) => gate.roles.includes(role)));
    const people = new Set(fit.map(({ signer }) => signer)).size;
    if (people >= gate.approvals) continue;
    const more = `${people} of ${gate.approvals} with the role ${gate.roles.join(" or ")}`;
    return find(reading, { code: "QUORUM_SHORT", at: ran, more });
  }
}

function executed(reading: Reading, ran: Entry): void {
  const story = storyOf(reading, ran.object);
  story.ran = ran;
  const counting = story.approvals.filter((one) => covers(one, ran) && !story.authors.has(one.signer));
  const signers = [...new Set(counting.map(({ signer }) => signer))];
  const by = story.broken ? "break_glass" : signers.length > 0 ? "approvals" : "nobody";
  reading.executed.push({ action: ran.object, index: ran.index, target: textOf(ran.details["target"]), signers, by });
  if (story.broken) return;
  if (counting.length > 0) return checkQuorum(reading, ran, counting);
  if (story.approvals.length > 0) find(reading, { code: "OTHER_DIGEST", at: ran });
  else if (story.needsPeople) find(reading, { code: "QUORUM_SHORT", at: ran, more: "nobody's approval counts" });
}

function keyAdded({ keys }: Reading, { object, actor, details }: Entry): void {
  const [publicKey, expiresAt] = [textOf(details["publicKey"]), textOf(details["expiresAt"])];
  // Registered once: a later entry about the same key changes nothing.
  if (!keys.has(object)) keys.set(object, { owner: actor, publicKey, expiresAt });
}

type Step = (reading: Reading, entry: Entry) => void;
const author: Step = (reading, { object, actor, details }) => {
  for (const id of [actor, ...textsOf(details["behind"])]) storyOf(reading, object).authors.add(id);
};
const ended: Step = ({ ended: keys }, { object, index }) => void keys.set(object, index);

const STEPS: Readonly<Record<string, Step>> = {
  "passkey.added": keyAdded,
  "approval_key.added": keyAdded,
  "passkey.removed": ended,
  "passkey.suspected": (reading, { details, index }) => void reading.ended.set(textOf(details["passkey"]), index),
  "approval_key.revoked": ended,
  "action.created": author,
  "action.edited": author,
  "action.submitted": (reading, { object, details }) => {
    storyOf(reading, object).needsPeople = details["decision"] === "require_approval";
  },
  "action.approval_recorded": approved,
  "action.rejected": (reading, entry) => void checkDecision(reading, entry),
  "action.approval_withdrawn": withdrawn,
  "action.break_glass": (reading, entry) => {
    storyOf(reading, entry.object).broken = checkDecision(reading, entry) !== undefined;
  },
  "action.executing": executed,
};

/**
 * Checks every signed decision of a log, and every action that ran, with the public keys of the log alone.
 *
 * @param entries in the order of the log, from the first; that they are the log's is for the caller to have verified
 * @param installation origin of the log: a statement made for another counts nowhere else
 */
export function checkApprovals(entries: Iterable<NumberedEntry>, installation?: string): ApprovalReport {
  const reading: Reading = {
    keys: new Map(),
    ended: new Map(),
    nonces: new Map(),
    stories: new Map(),
    findings: [],
    executed: [],
    counted: { signatures: 0 },
    installation,
  };
  for (const one of entries) {
    const entry = entryOf(one);
    STEPS[entry.type]?.(reading, entry);
  }
  const { findings, executed: ran, counted } = reading;
  return { ok: findings.length === 0, signatures: counted.signatures, executed: ran, findings };
}
