import {
  permissionsOf,
  type Action,
  type AllowEntry,
  type ApiKey,
  type Attacker,
  type AuditEntry,
  type Backtest,
  type Block,
  type BreakGlassUse,
  type Delegation,
  type Detection,
  type DutyConflicts,
  type Enforcer,
  type Event,
  type Incident,
  type LadderRuling,
  type ModeView,
  type NotificationView,
  type Permission,
  type QuarantineItem,
  type RuleDetail,
  type Sensor,
  type ServiceAccount,
  type Settings,
  type TokenFamily,
  type Session,
  type SessionInfo,
  type TimelineItem,
  type User,
} from "@tyr/contract";
import { makeAccount, type AccountState } from "./account.ts";
import { makeAttackers } from "./actors.ts";
import { makeBreakGlass } from "./approvals.ts";
import { makeActions, makeBlocks } from "./actions.ts";
import { makeAudit } from "./audit.ts";
import { makeDelegations } from "./delegations.ts";
import { NOBODY_TOLD } from "./notifications.ts";
import { makeEvents } from "./events.ts";
import { makeDetections, makeIncidents, makeTimelines } from "./incidents.ts";
import { makeKeys, makeServices } from "./keys.ts";
import { makeTokens } from "./tokens.ts";
import { makeMode, makeSettings } from "./mode.ts";
import { makeConflicts, makeReview } from "./reviews.ts";
import { makePolicies, type PolicyState } from "./policy.ts";
import { makeRules } from "./rules.ts";
import { at, idOf, person } from "./make.ts";

/** Everything the stand-in for the server knows. Tests change it and read it. */
export type World = {
  setupNeeded: boolean;
  mayVerify: boolean;
  mode: ModeView;
  settings: Settings;
  breakGlass: BreakGlassUse[];
  delegations: readonly Delegation[];
  notifications: NotificationView;
  policies: PolicyState;
  /** Where it says passkeys work. */
  origin: string;
  /** Digests of statements that were asked for and not used yet. */
  statements: Set<string>;
  /** A server that has something else signed than it shows. */
  tellsOtherTarget: boolean;
  /** What everybody may besides their roles: of what is in no role as shipped. */
  granted: Set<Permission>;
  sensors: Sensor[];
  events: Event[];
  detections: Detection[];
  incidents: Incident[];
  timelines: Map<string, TimelineItem[]>;
  actions: Action[];
  blocks: Block[];
  enforcers: Enforcer[];
  allow: AllowEntry[];
  quarantine: QuarantineItem[];
  users: User[];
  keys: ApiKey[];
  services: ServiceAccount[];
  tokens: TokenFamily[];
  audit: AuditEntry[];
  sessions: Map<string, User>;
  /** What everybody sees as their own sessions, the current one first. */
  ownSessions: SessionInfo[];
  account: AccountState;
  duties: DutyConflicts;
  review: ReturnType<typeof makeReview>;
  rules: RuleDetail[];
  backtests: Backtest[];
  attackers: Attacker[];
  /** What people decided about identities. */
  rulings: LadderRuling[];
};

const HOUR = 3_600_000;

function sensor(
  number: number,
  now: number,
  rest: Pick<Sensor, "name" | "kind" | "location" | "active" | "counters">,
): Sensor {
  return {
    id: idOf("sensor", number),
    metadata: { persona: "debian-12", ring: "dmz" },
    keyHint: `tyr_snr_${number}f225ae6…`,
    keyEndsAt: "2027-11-02T08:00:00.000Z",
    createdAt: at(now - 96 * HOUR),
    lastSeenAt: rest.active ? at(now - number * 21_000) : null,
    ...rest,
  };
}

function makeSensors(now: number): Sensor[] {
  return [
    sensor(1, now, {
      name: "db-backup-01",
      kind: "ssh",
      location: "dmz",
      active: true,
      counters: { received: 9412, stored: 9377, duplicate: 31, rejected: 4, late: 12 },
    }),
    sensor(2, now, {
      name: "shop-web-02",
      kind: "web",
      location: "dmz",
      active: true,
      counters: { received: 3108, stored: 3105, duplicate: 2, rejected: 1, late: 0 },
    }),
    sensor(3, now, {
      name: "lab-sensor",
      kind: "custom",
      location: null,
      active: false,
      counters: { received: 0, stored: 0, duplicate: 0, rejected: 0, late: 0 },
    }),
  ];
}

type UserParts = Pick<User, "name" | "roles"> & Partial<Pick<User, "active" | "means" | "managedBy" | "erased">>;
const PLAIN = { authenticator: false, passkeys: 0, providers: 0, locked: false };

function user(number: number, now: number, rest: UserParts): User {
  return {
    ...(rest.erased === true ? {} : { means: PLAIN }),
    ...rest,
    id: idOf("subject", number),
    active: rest.active ?? true,
    createdAt: at(now - 90 * HOUR),
    lastSeenAt: number > 4 ? null : at(now - number * 40_000),
  };
}

function makeQuarantine(now: number): QuarantineItem[] {
  const lines = [
    [
      "not JSON: Unterminated string in JSON at position 41 (line 1 column 42)",
      `{"eventid":"cowrie.session.connect","src_`,
    ],
    [
      "Cowrie line whose `timestamp` is not an ISO 8601 time",
      `{"eventid":"cowrie.login.failed","timestamp":"\u001b[31mred"}`,
    ],
    ["longer than 65536 characters (70000); the first part of 70000 bytes is kept", "A".repeat(400)],
  ] as const;
  return lines.map(([reason, raw], index) => ({
    id: idOf("quarantine", index + 1),
    sensorId: idOf("sensor", 1),
    at: at(now - (index + 1) * HOUR),
    reason,
    rawRef: `sample/cowrie.json:${900 + index}`,
    raw,
  }));
}

function makeSessions(now: number): SessionInfo[] {
  const clients = [
    ["Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "192.0.2.7", 0],
    ["tyr-cli", "192.0.2.7", 2],
    [null, "2001:db8::17", 9],
  ] as const;
  return clients.map(([userAgent, address, hoursAgo], index) => ({
    id: idOf("session", index + 1),
    createdAt: at(now - hoursAgo * HOUR),
    lastSeenAt: at(now - index * 60_000),
    expiresAt: at(now + (12 - hoursAgo) * HOUR),
    current: index === 0,
    userAgent,
    address,
    factor: index === 0 ? "password+totp" : "password",
  }));
}

export function makeWorld(now: number): World {
  const sensors = makeSensors(now);
  const events = makeEvents(900, now, sensors);
  const incidents = makeIncidents(now);
  const detections = makeDetections(events, incidents);
  const actions = makeActions(incidents, now);
  const enforcers: Enforcer[] = [
    {
      id: idOf("enforcer", 1),
      name: "edge-fw-1",
      active: true,
      keyHint: "…YyFg",
      keyEndsAt: "2027-11-02T08:00:00.000Z",
      createdAt: at(now - 80 * HOUR),
      lastPullAt: at(now - 6000),
      userAgent: "crowdsec-firewall-bouncer/v0.0.25-debian",
    },
    {
      id: idOf("enforcer", 2),
      name: "edge-fw-2",
      active: true,
      keyHint: "…k3Qx",
      keyEndsAt: "2027-11-02T08:00:00.000Z",
      createdAt: at(now - 80 * HOUR),
      lastPullAt: null,
      userAgent: null,
    },
  ];
  const users = [
    user(1, now, {
      name: "mara",
      roles: ["security_manager"],
      means: { ...PLAIN, authenticator: true, passkeys: 2 },
    }),
    user(2, now, { name: "astrid", roles: ["admin"] }),
    user(3, now, { name: "jonas", roles: ["analyst"] }),
    user(4, now, { name: "vik", roles: ["viewer"] }),
    user(5, now, { name: "old.account", roles: ["executor", "approver"], active: false }),
    user(6, now, {
      name: "lena",
      roles: ["viewer"],
      means: { ...PLAIN, providers: 1, locked: true },
      managedBy: { name: "Corporate", issuer: "https://login.example.org", roles: true, active: true },
    }),
    user(7, now, { name: "erased-7", roles: [], active: false, erased: true }),
  ];
  return {
    setupNeeded: false,
    mayVerify: true,
    mode: makeMode(),
    settings: makeSettings(),
    breakGlass: makeBreakGlass(now),
    delegations: makeDelegations(now),
    notifications: NOBODY_TOLD,
    policies: makePolicies(now),
    origin: "http://localhost:8970",
    statements: new Set(),
    tellsOtherTarget: false,
    granted: new Set(),
    sensors,
    events,
    detections,
    incidents,
    timelines: makeTimelines(events, detections, incidents),
    actions,
    blocks: makeBlocks(actions, now),
    enforcers,
    allow: [
      {
        id: idOf("allow", 1),
        value: "198.51.100.0/29",
        reason: "Monitoring of the hosting provider",
        by: person(2, "astrid"),
        createdAt: at(now - 70 * HOUR),
        expiresAt: null,
      },
    ],
    quarantine: makeQuarantine(now),
    users,
    keys: makeKeys(now),
    services: makeServices(now),
    tokens: makeTokens(now, makeKeys(now)),
    audit: makeAudit(now),
    sessions: new Map(),
    ownSessions: makeSessions(now),
    account: makeAccount(),
    duties: makeConflicts(users),
    review: makeReview(users),
    rules: makeRules(now),
    backtests: [],
    attackers: makeAttackers(now, events, detections),
    rulings: [],
  };
}

/** A server that was just installed: nothing in it but its first administrator. */
export function makeEmptyWorld(now: number): World {
  const full = makeWorld(now);
  return {
    ...full,
    sensors: [],
    events: [],
    detections: [],
    incidents: [],
    timelines: new Map(),
    actions: [],
    breakGlass: [],
    delegations: [],
    notifications: NOBODY_TOLD,
    blocks: [],
    enforcers: [],
    allow: [],
    quarantine: [],
    keys: [],
    services: [],
    tokens: [],
    rules: [],
    attackers: [],
    audit: full.audit.slice(-3),
  };
}

export function sessionOf(found: User): Session {
  return { user: found, permissions: [...permissionsOf(found.roles)], expiresAt: at(Date.now() + 8 * HOUR) };
}
