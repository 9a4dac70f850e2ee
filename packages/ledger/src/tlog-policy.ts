import { fromDecimal } from "./bytes.ts";
import { openCheckpoint, type SignedCheckpoint } from "./checkpoint.ts";
import { cosignatureTime } from "./cosignature-message.ts";
import { accept, refuse, type Refused, type Result } from "./errors.ts";
import { asCosignatureVerifier, type NoteVerifier, parseVerifierKey } from "./note-key.ts";

/** Whom a verifier believes (C2SP tlog-policy): logs, witnesses, and how many of them must have cosigned. */
export type TlogPolicy = Readonly<{
  logs: readonly NoteVerifier[];
  witnesses: ReadonlyMap<string, NoteVerifier>;
  /** Where a witness takes checkpoints, by its name, as the file says it: it may be no address at all. */
  addresses?: ReadonlyMap<string, string>;
  groups: ReadonlyMap<string, PolicyGroup>;
  /** Name of a witness or of a group; undefined for `quorum none`. */
  quorum: string | undefined;
}>;
export type PolicyGroup = Readonly<{ threshold: number; members: readonly string[] }>;

/** Time in seconds since 1970, as the witness stated it. */
export type Cosignature = Readonly<{ witness: string; time: number }>;
export type PolicyVerdict = Readonly<{ checkpoint: SignedCheckpoint; cosignatures: readonly Cosignature[] }>;

type Draft = {
  logs: NoteVerifier[];
  witnesses: Map<string, NoteVerifier>;
  addresses: Map<string, string>;
  groups: Map<string, PolicyGroup>;
  members: Set<string>;
  quorum: string | undefined;
  hasQuorum: boolean;
};
type Rule = (draft: Draft, words: readonly string[]) => string | undefined;

const reservedNames = new Set(["any", "all", "none"]);
const rules: Readonly<Record<string, Rule>> = { log: addLog, witness: addWitness, group: addGroup, quorum: setQuorum };

/** Reads a policy file: one statement per line, names before their use, exactly one quorum. */
export function parseTlogPolicy(text: string): Result<TlogPolicy> {
  const draft: Draft = {
    logs: [],
    witnesses: new Map(),
    addresses: new Map(),
    groups: new Map(),
    members: new Set(),
    quorum: undefined,
    hasQuorum: false,
  };
  for (const [at, line] of text.split("\n").entries()) {
    const [keyword = "", ...words] = line.split(/[ \t]+/).filter((word) => word !== "");
    if (keyword === "" || keyword.startsWith("#")) continue;
    const rule = Object.hasOwn(rules, keyword) ? rules[keyword] : undefined;
    const problem = rule === undefined ? "it begins with no known keyword" : rule(draft, words);
    if (problem !== undefined) return malformed(`line ${at + 1}: ${problem}`);
  }
  if (!draft.hasQuorum) return malformed("there is no quorum line");
  const { logs, witnesses, addresses, groups, quorum } = draft;
  return accept({ logs, witnesses, addresses, groups, quorum });
}

/** Opens a checkpoint that a log of the policy signed and that the quorum of witnesses cosigned. */
export async function openByPolicy(
  note: string | Uint8Array,
  policy: TlogPolicy,
  origin?: string,
): Promise<Result<PolicyVerdict>> {
  const opened = await openCheckpoint(note, [...policy.logs, ...policy.witnesses.values()], origin);
  if (!opened.ok) return opened;
  const cosignatures = [...policy.witnesses].flatMap(([witness, key]) => {
    const line = opened.value.note.verified.find(({ by }) => by === key);
    return line === undefined ? [] : [{ witness, time: cosignatureTime(line.signature) }];
  });
  const present = new Set(cosignatures.map(({ witness }) => witness));
  if (meetsQuorum(policy, present)) return accept({ checkpoint: opened.value, cosignatures });
  return refuse(
    "LEDGER_QUORUM_MISSED",
    `cosigned by ${[...present].join(", ") || "no witness"}; the policy asks for ${policy.quorum}`,
  );
}

/** Whether these witnesses, by their names in the policy, are enough; with `quorum none` nobody is. */
export function meetsQuorum(policy: TlogPolicy, present: ReadonlySet<string>): boolean {
  return policy.quorum === undefined || isMet(policy, policy.quorum, present);
}

function isMet(policy: TlogPolicy, name: string, present: ReadonlySet<string>): boolean {
  const group = policy.groups.get(name);
  if (group === undefined) return present.has(name);
  return group.members.filter((member) => isMet(policy, member, present)).length >= group.threshold;
}

function addLog(draft: Draft, [vkey = "", ...rest]: readonly string[]): string | undefined {
  const key = parseVerifierKey(vkey);
  if (!key.ok) return key.refusal.message;
  if (rest.length > 1) return "a log line is log <key> [<address>]";
  draft.logs.push(key.value);
  return undefined;
}

function addWitness(draft: Draft, [name = "", vkey = "", ...rest]: readonly string[]): string | undefined {
  const problem = checkNewName(draft, name);
  if (problem !== undefined) return problem;
  const parsed = parseVerifierKey(vkey);
  if (!parsed.ok) return parsed.refusal.message;
  if (parsed.value.kind === "ecdsa" || rest.length > 1)
    return "a witness line is witness <name> <Ed25519 key> [<address>]";
  const key = asCosignatureVerifier(parsed.value);
  // One signature must not count as two witnesses.
  if ([...draft.witnesses.values()].some(({ vkey: other }) => other === key.vkey))
    return `the key of ${name} is listed twice`;
  draft.witnesses.set(name, key);
  const [address] = rest;
  if (address !== undefined) draft.addresses.set(name, address);
  return undefined;
}

function addGroup(draft: Draft, [name = "", count = "", ...members]: readonly string[]): string | undefined {
  const problem = checkNewName(draft, name);
  if (problem !== undefined) return problem;
  const threshold = count === "any" ? 1 : count === "all" ? members.length : (fromDecimal(count) ?? 0);
  if (threshold < 1 || threshold > members.length)
    return `the threshold of ${name} is not any, all or 1 to ${members.length}`;
  for (const member of members) {
    if (!isDefined(draft, member)) return `${member} is not defined above`;
    if (draft.members.has(member)) return `${member} is a member already`;
    draft.members.add(member);
  }
  draft.groups.set(name, { threshold, members });
  return undefined;
}

function setQuorum(draft: Draft, [name = "", ...rest]: readonly string[]): string | undefined {
  if (draft.hasQuorum || rest.length > 0) return "there must be one quorum line with one name";
  if (name !== "none" && !isDefined(draft, name)) return `${name || "nothing"} is not defined above`;
  draft.quorum = name === "none" ? undefined : name;
  draft.hasQuorum = true;
  return undefined;
}

function checkNewName(draft: Draft, name: string): string | undefined {
  if (name === "" || reservedNames.has(name)) return `${name || "nothing"} cannot be a name`;
  return isDefined(draft, name) ? `${name} is defined twice` : undefined;
}

function isDefined({ witnesses, groups }: Draft, name: string): boolean {
  return witnesses.has(name) || groups.has(name);
}

function malformed(what: string): Refused {
  return refuse("LEDGER_POLICY_MALFORMED", `the policy file is not valid: ${what}`);
}
