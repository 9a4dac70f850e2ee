import { signedDetails, person, ORIGIN, type Details, type Person } from "./written-log.ts";

/** An entry as the log writes it. */
export type WholeEntry = Readonly<{
  at: string;
  type: string;
  actor: Readonly<{ kind: string; id: string; name: string }>;
  object: Readonly<{ kind: string; id: string }>;
  outcome: string;
  before: string | null;
  after: string | null;
  details: Details;
}>;
type Writing = Partial<Pick<WholeEntry, "object" | "outcome" | "before" | "after" | "details">>;

const MINUTE = 60_000;
export const PEOPLE = {
  ana: person("ana"),
  ben: person("ben"),
  cleo: person("cleo"),
  dora: person("dora"),
  emil: person("emil"),
  finn: person("finn"),
} as const;
const { ana, ben, cleo, dora, emil, finn } = PEOPLE;
const ROLES: readonly (readonly [Person, string])[] = [
  [ana, "analyst"],
  [ben, "approver"],
  [cleo, "approver, security_manager"],
  [dora, "viewer"],
  [emil, "approver"],
  [finn, "approver"],
];
const TWO = [{ approvals: 2, policyId: "wide", roles: ["approver"] }];
const ONE = [{ approvals: 1, policyId: "small", roles: ["approver"] }];

type Asked = Readonly<{ type?: string; target?: string; ttl?: number | null; by?: Person; gates?: readonly object[] }>;

/** Writes what happens, as the server does: entries a second apart, each action from state to state. */
class LogWriter {
  readonly entries: WholeEntry[] = [];
  #now = Date.parse("2026-02-01T08:00:00.000Z");
  #count = 0;

  at(ms = 0): string {
    return new Date(this.#now + ms).toISOString();
  }

  wait(ms: number): void {
    this.#now += ms;
  }

  next(): number {
    return (this.#count += 1);
  }

  write(type: string, by: string, writing: Writing): void {
    this.wait(1_000);
    const kind = by.startsWith("usr_") ? "person" : "system";
    const entry = { object: { kind: "none", id: "none" }, outcome: "success", before: null, after: null, details: {} };
    this.entries.push({ at: this.at(), type, actor: { kind, id: by, name: "(withheld)" }, ...entry, ...writing });
  }

  about(object: string, type: string, writing: Writing & Readonly<{ by?: string }> = {}): void {
    const { by = "system", ...rest } = writing;
    this.write(type, by, { object: { kind: "thing", id: object }, ...rest });
  }
}

type Step = Readonly<{ by: string; to: string; details?: Details }>;

/** One action, moved as people and the server move it. */
class Moving {
  readonly id: string;
  readonly #log: LogWriter;
  readonly #asked: Required<Asked>;
  #state = "";
  #revision = 1;
  #dryRun: string | null = null;
  #deadline: string | null = null;

  constructor(log: LogWriter, asked: Asked = {}) {
    const n = log.next();
    this.id = `act_${n}`;
    this.#log = log;
    this.#asked = { type: "block_ip", target: `203.0.${n}.0/24`, ttl: 3_600, by: ana, gates: TWO, ...asked };
    this.#write("action.created", {
      by: this.#asked.by.id,
      to: "draft",
      details: { type: this.#asked.type, ttl_seconds: this.#asked.ttl },
    });
    this.tryDry();
  }

  #request(): Details {
    const { target } = this.#asked;
    return {
      revision: this.#revision,
      target,
      request_digest: `request ${this.id} ${this.#revision}`,
      dry_run_digest: this.#dryRun,
    };
  }

  #write(type: string, { by, to, details = {} }: Step): void {
    const said = { before: this.#state === "" ? null : this.#state, after: to };
    this.#log.write(type, by, {
      object: { kind: "action", id: this.id },
      ...said,
      details: { ...this.#request(), ...details },
    });
    this.#state = to;
  }

  #decision(): Details {
    const { gates } = this.#asked;
    return gates.length === 0 ? { decision: "allow" } : { decision: "require_approval", requirements: gates };
  }

  tryDry(): void {
    this.#dryRun = `dry run ${this.id} ${this.#log.next()}`;
    const to = this.#state === "pending" ? "pending" : "dry_run_ok";
    this.#write("action.dry_run", { by: this.#asked.by.id, to, details: this.#decision() });
  }

  edit(by: Person): void {
    this.#revision += 1;
    this.#dryRun = null;
    this.#write("action.edited", {
      by: by.id,
      to: "draft",
      details: { ttl_seconds: this.#asked.ttl, justification: "narrower" },
    });
    this.tryDry();
  }

  submit(): void {
    this.#deadline = this.#log.at(4 * 60 * MINUTE);
    const to = this.#asked.gates.length === 0 ? "approved" : "pending";
    this.#write("action.submitted", {
      by: this.#asked.by.id,
      to,
      details: { ...this.#decision(), deadline_at: this.#deadline },
    });
  }

  #signed(by: Person, statement: string, more: object = {}): Details {
    const { type, ttl, gates } = this.#asked;
    const said = {
      ...this.#request(),
      action_id: this.id,
      deadline_at: this.#deadline,
      expires_at: this.#log.at(5 * MINUTE),
      installation: ORIGIN,
      nonce: `nonce ${this.#log.next()}`,
      requirements: gates,
      signer: by.id,
      signer_roles: (ROLES.find(([one]) => one === by)?.[1] ?? "").split(", "),
      statement,
      ttl_seconds: ttl,
      type,
      v: 1,
      ...more,
    };
    return { ...signedDetails(by, sorted(said)), ...this.#request() };
  }

  approve(by: Person, to = "pending", more: Details = {}): void {
    this.#write("action.approval_recorded", { by: by.id, to, details: { ...this.#signed(by, "approve"), ...more } });
  }

  approveFor(by: Person, from: Person, to = "pending"): void {
    const delegation = `dlg_${from.id}`;
    const place = { on_behalf_of: { delegation, of: from.id, roles: ["approver"] } };
    const details = { ...this.#signed(by, "approve", place), delegation, on_behalf_of: from.id };
    this.#write("action.approval_recorded", { by: by.id, to, details });
  }

  withdraw(by: Person): void {
    this.#write("action.approval_withdrawn", { by: by.id, to: this.#state, details: this.#signed(by, "withdraw") });
  }

  endApprovalOf(person: Person): void {
    this.#write("action.approval_withdrawn", { by: person.id, to: this.#state, details: { approved_by: person.id } });
  }

  breakGlass(by: Person, glass: string): void {
    const deadline = this.#log.at(15 * MINUTE);
    const details = { ...this.#signed(by, "break_glass"), break_glass: glass, deadline_at: deadline };
    this.#write("action.break_glass", { by: by.id, to: "approved", details });
  }

  reject(by: Person): void {
    this.#write("action.rejected", { by: by.id, to: "rejected", details: this.#signed(by, "reject") });
  }

  move(type: string, to: string, details: Details = {}): void {
    this.#write(type, { by: "system", to, details });
  }

  /** Its effect and its end, as one transaction writes them. */
  run(): void {
    const { type, target, ttl } = this.#asked;
    const ends = type === "block_ip" && ttl !== null ? this.#log.at(ttl * 1_000) : null;
    this.move("action.executing", "executing", { decision: "allow" });
    const cause = { action_id: this.id };
    if (type === "block_ip")
      this.#log.about(`blk_${this.id}`, "block.created", { details: { ...cause, value: target, expires_at: ends } });
    else if (type === "set_mode")
      this.#log.about("mode", "mode.changed", { after: target, details: { ...cause, until: null } });
    else this.#log.about(target, "policy.activated", { after: target, details: cause });
    this.move("action.executed", "executed", {
      block_id: ends === null ? null : `blk_${this.id}`,
      effect_ends_at: ends,
    });
  }
}

/** As canonical JSON is spelled. */
const sorted = (said: object): string =>
  JSON.stringify(Object.fromEntries(Object.entries(said).toSorted(([a], [b]) => (a < b ? -1 : 1))));

function asked(log: LogWriter, wish: Asked = {}): Moving {
  const action = new Moving(log, wish);
  action.submit();
  return action;
}

function lend(log: LogWriter, from: Person, to: Person): void {
  const id = `dlg_${from.id}`;
  const handed = { to: to.id, ends_at: log.at(240 * MINUTE), roles: ["approver"], reason: "away" };
  const said = { ...handed, delegation_id: id, expires_at: log.at(5 * MINUTE), installation: ORIGIN };
  const text = sorted({ ...said, nonce: `nonce ${log.next()}`, signer: from.id, statement: "delegate", v: 1 });
  const { revision: _r, request_digest: _q, dry_run_digest: _d, target: _t, ...signed } = signedDetails(from, text);
  log.about(id, "delegation.created", { by: from.id, details: { ...handed, from: from.id, ...signed } });
}

/** What happens in an installation, each with what it leaves behind. */
const HAPPENINGS: Readonly<Record<string, (log: LogWriter) => void>> = {
  approved(log) {
    const action = asked(log);
    action.approve(ben);
    action.approve(cleo, "approved");
    action.run();
    action.move("action.reverting", "reverting");
    action.move("action.reverted", "reverted");
  },
  edited(log) {
    const action = asked(log);
    action.approve(ben);
    action.edit(ana);
    action.submit();
    action.approve(ben);
    action.approve(cleo, "approved");
    action.run();
  },
  lookedAtAgain(log) {
    const action = asked(log);
    action.approve(ben);
    action.tryDry();
    action.approve(ben);
    action.approve(emil, "approved");
    action.run();
  },
  takenBack(log) {
    const action = asked(log);
    action.approve(ben);
    action.withdraw(ben);
    action.approve(cleo);
    action.approve(emil, "approved");
    action.run();
  },
  keyEnded(log) {
    const action = asked(log);
    action.approve(finn);
    log.about(finn.keyId, "approval_key.revoked", { by: finn.id, after: "revoked" });
    action.endApprovalOf(finn);
    action.approve(ben);
    action.approve(cleo, "approved");
    action.run();
  },
  lent(log) {
    const action = asked(log);
    lend(log, ben, dora);
    action.approveFor(dora, ben);
    action.approve(cleo, "approved");
    action.run();
    log.about(`dlg_${ben.id}`, "delegation.ended", { by: ben.id });
  },
  broken(log) {
    const action = asked(log);
    action.breakGlass(emil, `brg_${action.id}`);
    action.run();
    const details = { action_id: action.id, used_by: emil.id };
    log.about(`brg_${action.id}`, "break_glass.reviewed", { by: cleo.id, after: "justified", details });
  },
  alone(log) {
    log.about("single_person", "single_person.changed", { by: cleo.id, before: "off", after: "on" });
    const action = asked(log, { by: cleo, gates: ONE });
    action.approve(cleo, "pending", { not_before: log.at(30 * MINUTE) });
    log.wait(31 * MINUTE);
    action.move("action.own_approval_counted", "approved", { decision: "allow" });
    action.run();
    log.about("single_person", "single_person.changed", { before: "on", after: "off" });
  },
  allowed: (log) => asked(log, { gates: [] }).run(),
  mode(log) {
    const action = asked(log, { type: "set_mode", target: "normal", ttl: null, gates: ONE });
    action.approve(ben, "approved");
    action.run();
  },
  bundle(log) {
    const target = String(log.next()).padStart(64, "b");
    const action = asked(log, { type: "update_policy", target, ttl: null });
    action.approve(ben);
    action.approve(emil, "approved");
    action.run();
  },
  rejected(log) {
    const action = asked(log);
    action.approve(ben);
    action.reject(cleo);
  },
  draft: (log) => void new Moving(log),
};
export const HAPPENING_NAMES: readonly string[] = Object.keys(HAPPENINGS);

/** A whole log in which this happens, one after the other. */
export function wholeLog(happenings: readonly string[]): readonly WholeEntry[] {
  const log = new LogWriter();
  for (const [{ id }, roles] of ROLES) log.about(id, "user.created", { after: `active: ${roles}`, details: { roles } });
  for (const [{ id, keyId, publicKey }] of ROLES)
    log.about(keyId, "approval_key.added", { by: id, details: { publicKey, expiresAt: "2027-01-01T00:00:00.000Z" } });
  for (const name of happenings) HAPPENINGS[name]?.(log);
  return log.entries;
}
