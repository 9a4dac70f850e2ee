import {
  SEVERITIES,
  type CallInput,
  type Event,
  type LiveData,
  type LiveTopic,
  type OutputOf,
  type Overview,
  type RouteId,
  type User,
} from "@tyr/contract";
import { accountAnswers } from "./account.ts";
import { actorAnswers } from "./actors.ts";
import { attackAnswers } from "./attack.ts";
import { delegationAnswers } from "./delegations.ts";
import { dutyAnswers, reviewAnswers } from "./duties.ts";
import { approvalKeyAnswers } from "./approval-keys.ts";
import { approvalAnswers } from "./approvals.ts";
import { auditSearchEntries, isAuditAsked } from "./audit.ts";
import { at, hexOf, idOf, person, RULES } from "./make.ts";
import { makeRoles } from "./roles.ts";
import { madeKey } from "./keys.ts";
import { movesFrom } from "./incidents.ts";
import { passkeyAnswers } from "./passkeys.ts";
import { found, fits, pageOf } from "./found.ts";
import { modeAnswers, overviewMode } from "./mode.ts";
import { policyAnswers } from "./policy.ts";
import { privacyAnswers } from "./privacy.ts";
import { Refused } from "./refused.ts";
import { ruleAnswers } from "./rules.ts";
import { notificationAnswers } from "./notifications.ts";
import { singlePersonAnswers } from "./single-person.ts";
import { sessionOf, type World } from "./world.ts";

export type Tell = <T extends LiveTopic>(topic: T, data: LiveData[T]) => void;
export type Asking = Readonly<{ world: World; user: User; tell: Tell }>;
type Answer<K extends RouteId> = (input: CallInput<K>, asking: Asking) => OutputOf<K>;
export type Answers = { [K in RouteId]?: Answer<K> };

function isAsked(event: Event, { q, from, to, ...same }: CallInput<"event.list">["query"] & object): boolean {
  const { ip, user, session, kind, outcome, sensor } = same;
  const pairs = [
    [ip, event.src?.ip],
    [user, event.user],
    [session, event.session],
    [kind, event.kind],
    [outcome, event.outcome],
    [sensor, event.sensorId],
  ] as const;
  const inTime = (from === undefined || event.time >= from) && (to === undefined || event.time <= to);
  return inTime && (q === undefined || event.raw.includes(q)) && pairs.every(([asked, value]) => fits(asked, value));
}

function overview(world: World): Overview {
  const hours = new Map<string, { events: number; detections: number }>();
  const hourOf = (time: string): string => `${time.slice(0, 13)}:00:00.000Z`;
  for (const event of world.events) {
    const hour = hours.get(hourOf(event.time)) ?? { events: 0, detections: 0 };
    hours.set(hourOf(event.time), { ...hour, events: hour.events + 1 });
  }
  for (const detection of world.detections) {
    const hour = hours.get(hourOf(detection.time)) ?? { events: 0, detections: 0 };
    hours.set(hourOf(detection.time), { ...hour, detections: hour.detections + 1 });
  }
  const open = world.incidents.filter((incident) => incident.state !== "closed");
  const waiting = world.actions.filter((action) => action.state === "pending");
  const active = world.blocks.filter((block) => block.state === "active");
  return {
    at: at(Date.now()),
    mode: overviewMode(world.mode),
    singlePerson: world.mode.singlePerson?.on === true,
    incidents: {
      open: open.length,
      bySeverity: Object.fromEntries(
        SEVERITIES.map((severity) => [severity, open.filter((one) => one.severity === severity).length]),
      ),
    },
    approvals: {
      waiting: waiting.length,
      oldestAt: waiting.map((one) => one.createdAt).toSorted((a, b) => a.localeCompare(b))[0] ?? null,
    },
    blocks: {
      active: active.length,
      enforcers: world.enforcers.length,
      enforcersSeen: world.enforcers.filter((one) => one.lastPullAt !== null).length,
      unacknowledged: active.filter((one) => one.enforcement.some((point) => point.state === "requested")).length,
    },
    events: {
      total: world.events.length,
      lastAt: world.events[0]?.time ?? null,
      perHour: [...hours]
        .map(([hour, counts]) => ({ at: hour, ...counts }))
        .toSorted((a, b) => a.at.localeCompare(b.at)),
    },
    detections: { total: world.detections.length, lagEvents: 0 },
    topActors: open.map((incident) => ({
      ip: incident.actorIp ?? "",
      risk: incident.risk.score,
      severity: incident.severity,
      incidentId: incident.id,
      detections: incident.detectionCount,
      blocked: active.some((block) => block.value === incident.actorIp),
    })),
    techniques:
      world.events.length === 0
        ? []
        : RULES.map((rule, index) => ({
            technique: rule.sub ?? rule.technique,
            name: index === 5 ? null : rule.name,
            tactic: rule.tactic,
            detections: 19 - index * 2,
          })),
    audit: { size: world.audit.length - 1, checkpointAt: at(Date.now() - 4000) },
  };
}

const trust: Answers = {
  "setup.state": (_, { world }) => ({ needed: world.setupNeeded }),
  "session.get": (_, { user, world: { account } }) => ({
    ...sessionOf(user),
    ...(account.mustChangePassword ? { mustChangePassword: true } : {}),
  }),
  "session.logout": () => undefined,
  "sso.providers": () => ({ items: [] }),
  "sso.ownLinks": () => ({ items: [] }),
  "session.list": (_, { world }) => ({ items: world.ownSessions }),
  "session.end": ({ params }, { world }) => {
    if (!world.ownSessions.some((one) => one.id === params.id))
      throw new Refused("NOT_FOUND", `you have no session ${params.id}`);
    world.ownSessions = world.ownSessions.filter((one) => one.id !== params.id);
  },
  "session.endOthers": (_, { world }) => {
    world.ownSessions = world.ownSessions.filter((one) => one.current);
  },
  "user.list": (_, { world }) => ({ items: world.users }),
  "user.create": ({ body }, { world }) => {
    const made: User = {
      id: idOf("subject", world.users.length + 1),
      name: body.name,
      roles: body.roles,
      active: true,
      createdAt: at(Date.now()),
      lastSeenAt: null,
    };
    world.users.push(made);
    return made;
  },
  "user.change": ({ params, body }, { world }) => {
    const changed = { ...found(world.users.find((one) => one.id === params.id)), ...body };
    world.users = world.users.map((one) => (one.id === changed.id ? changed : one));
    return changed;
  },
  "role.list": (_, { world }) => ({ items: makeRoles(world.users) }),
  "key.list": (_, { world, user }) => ({ items: world.keys.filter((key) => key.owner.name === user.name) }),
  "key.listAll": (_, { world }) => ({ items: world.keys }),
  "key.create": ({ body }, { world, user }) => {
    const made = madeKey(world.keys.length + 1, body, { kind: "person", id: user.id, name: user.name });
    world.keys.unshift(made.key);
    return made;
  },
  "key.revoke": ({ params }, { world }) => {
    const key = found(world.keys.find((one) => one.id === params.id));
    const revoked = { ...key, state: "revoked" as const, revokedAt: at(Date.now()) };
    world.keys = world.keys.map((one) => (one.id === key.id ? revoked : one));
    return revoked;
  },
  "token.list": (_, { world, user }) => ({ items: world.tokens.filter((one) => one.owner.name === user.name) }),
  "token.listAll": (_, { world }) => ({ items: world.tokens }),
  "token.revoke": ({ params }, { world }) => {
    const family = found(world.tokens.find((one) => one.id === params.id));
    const ended = { ...family, state: "ended" as const, endedAt: at(Date.now()), endedWhy: "ended by its owner" };
    world.tokens = world.tokens.map((one) => (one.id === family.id ? ended : one));
    return ended;
  },
  "serviceAccount.list": (_, { world }) => ({ items: world.services }),
  "audit.events": ({ query }, { world }) =>
    pageOf(
      auditSearchEntries(world.audit).filter((entry) => isAuditAsked(entry, query ?? {})),
      query,
    ),
  "audit.head": (_, { world }) => ({
    origin: "tyr.example/log",
    vkey: "tyr.example/log+1a2b3c4d+AaV0b3RhbGx5LWEtdmVyaWZpZXIta2V5LWZvci1hLXRlc3Q=",
    size: world.audit.length - 1,
    root: hexOf(4242),
    checkpoint: `tyr.example/log\n${world.audit.length - 1}\nq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n\n— tyr.example/log GisrPA==\n`,
    checkpointAt: at(Date.now() - 4000),
    waiting: 1,
    pruned: { entries: 256, declaredAt: 300 },
  }),
  "audit.verify": (_, { world }) => ({
    ok: world.mayVerify,
    size: world.audit.length - 1,
    root: hexOf(world.mayVerify ? 4242 : 4243),
    entriesRead: world.audit.length - 257,
    pruned: 256,
    durationMs: 38.4,
    checkpointAt: at(Date.now() - 4000),
    problems: world.mayVerify
      ? []
      : [{ code: "LEDGER_ENTRY_ALTERED", index: 117, message: "entry 117 does not have its recorded hash" }],
  }),
  "overview.get": (_, { world }) => overview(world),
  "status.get": () => ({
    version: "0.1.0",
    startedAt: at(Date.now() - 3_600_000),
    now: at(Date.now()),
    database: { engine: "pglite", schema: 1, durable: true },
    rules: { loaded: 7, rejected: 0, digest: hexOf(5) },
    policy: { digest: hexOf(900) },
    pipeline: [
      { consumer: "detect", position: "4788", head: "6000", lag: 1212 },
      { consumer: "escalate", position: "310", head: "310", lag: 0 },
      { consumer: "govern", position: "44", head: "44", lag: 0 },
    ],
    correlationLosses: { late: 37, untimed: 0, ungrouped: 4, truncated: 0, evicted: 1_206, refused: 2, expired: 912 },
    correlationLossesByRule: [
      {
        ruleId: "5f0f4a1e-7f0b-4c43-9d4e-6b7a2f3c9d10",
        title: "Password guessing from one address",
        losses: { late: 31, untimed: 0, ungrouped: 0, truncated: 0, evicted: 1_206, refused: 0, expired: 700 },
      },
      {
        ruleId: "0c1e9a52-2b6d-4f57-8a53-1d0e7c4b8f21",
        title: "One account from many addresses \u202egnp.exe",
        losses: { late: 6, untimed: 0, ungrouped: 4, truncated: 0, evicted: 0, refused: 0, expired: 212 },
      },
      {
        ruleId: "e3b7d1c0-93a4-4f0e-b0a5-7c2f6d8e1a34",
        title: null,
        losses: { late: 0, untimed: 0, ungrouped: 0, truncated: 0, evicted: 0, refused: 2, expired: 0 },
      },
    ],
    imports: [],
    intake: { queuedBytes: 1_250_000, queuedBytesMax: 67_108_864 },
    memoryBytes: 312_000_000,
  }),
};

const collect: Answers = {
  "event.list": ({ query = {} }, { world }) =>
    pageOf(
      world.events.filter((event) => isAsked(event, query)),
      query,
    ),
  "event.get": ({ params }, { world }) => found(world.events.find((event) => event.id === params.id)),
  "quarantine.list": ({ query }, { world }) =>
    pageOf(
      world.quarantine.filter((item) => fits(query?.sensor, item.sensorId)),
      query,
    ),
  "sensor.list": (_, { world }) => ({ items: world.sensors }),
  "sensor.create": ({ body }, { world }) => {
    const sensor = {
      id: idOf("sensor", world.sensors.length + 1),
      name: body.name,
      kind: body.kind,
      location: body.location ?? null,
      metadata: {},
      active: true,
      keyHint: "tyr_s9",
      keyEndsAt: "2027-11-02T08:00:00.000Z",
      createdAt: at(Date.now()),
      lastSeenAt: null,
      counters: { received: 0, stored: 0, duplicate: 0, rejected: 0, late: 0 },
    };
    world.sensors.push(sensor);
    return { sensor, key: `tyr_s9_${hexOf(77).slice(0, 40)}` };
  },
  "sensor.rotate": ({ params }, { world }) => ({
    sensor: found(world.sensors.find((one) => one.id === params.id)),
    key: `tyr_s8_${hexOf(78).slice(0, 40)}`,
  }),
  "sensor.deactivate": ({ params }, { world }) => {
    const changed = { ...found(world.sensors.find((one) => one.id === params.id)), active: false };
    world.sensors = world.sensors.map((one) => (one.id === changed.id ? changed : one));
    return changed;
  },
};

const escalate: Answers = {
  "detection.list": ({ query = {} }, { world }) =>
    pageOf(
      world.detections.filter(
        (one) =>
          fits(query.ip, one.actorIp) &&
          fits(query.rule, one.ruleId) &&
          fits(query.incident, one.incidentId) &&
          (query.event === undefined || one.eventIds.includes(query.event)) &&
          (query.technique === undefined ||
            one.tags.some((tag) => tag.technique === query.technique || tag.subTechnique === query.technique)),
      ),
      query,
    ),
  "detection.get": ({ params }, { world }) => found(world.detections.find((one) => one.id === params.id)),
  "rule.list": (_, { world }) => ({
    packDigest: hexOf(5),
    rules: RULES.map((rule) => ({
      id: rule.id,
      title: rule.title,
      path: `ssh/${rule.id}.yml`,
      description: null,
      level: rule.level,
      kind: rule.correlation ? ("correlation" as const) : ("detection" as const),
      logsource: {},
      techniques: [rule.sub ?? rule.technique],
      tactics: [rule.tactic],
      riskPoints: rule.risk,
      detections: world.detections.filter((one) => one.ruleId === rule.id).length,
      lastDetectionAt: world.detections.find((one) => one.ruleId === rule.id)?.time ?? null,
    })),
    rejected: [
      {
        path: "web/broken.yml",
        line: 12,
        column: 5,
        code: "SIGMA_UNKNOWN_MODIFIER",
        message: "the modifier 'containz' does not exist",
      },
    ],
  }),
  "incident.list": ({ query = {} }, { world }) =>
    pageOf(
      world.incidents.filter(
        (one) =>
          fits(query.state, one.state) &&
          fits(query.severity, one.severity) &&
          fits(query.ip, one.actorIp) &&
          (query.open === undefined || query.open === (one.state !== "closed")),
      ),
      query,
    ),
  "incident.get": ({ params }, { world }) => found(world.incidents.find((one) => one.id === params.id)),
  "incident.timeline": ({ params, query }, { world }) => pageOf(found(world.timelines.get(params.id)), query),
  "incident.move": ({ params, body }, { world, tell }) => {
    const incident = found(world.incidents.find((one) => one.id === params.id));
    if (!incident.legalMoves.includes(body.to))
      throw new Refused(
        "INCIDENT_TRANSITION_REFUSED",
        `an incident that is ${incident.state} cannot become ${body.to}; it can become ${incident.legalMoves.join(" or ")}`,
      );
    const moved = {
      ...incident,
      state: body.to,
      legalMoves: movesFrom(body.to),
      verdict: body.verdict ?? null,
      updatedAt: at(Date.now()),
    };
    world.incidents = world.incidents.map((one) => (one.id === moved.id ? moved : one));
    const { id, title, state, severity, actorIp } = moved;
    tell("incident.changed", { id, title, state, severity, actorIp, risk: moved.risk.score });
    return moved;
  },
  "incident.note": ({ params, body }, { world, user }) => {
    const item = {
      at: at(Date.now()),
      kind: "note" as const,
      title: "Note",
      text: body.text,
      severity: null,
      actor: person(1, user.name),
      ref: idOf("note", Date.now() % 10_000),
      facts: {},
    };
    found(world.timelines.get(params.id)).push(item);
    return item;
  },
  "incident.assign": ({ params }, { world, user }) => {
    const changed = {
      ...found(world.incidents.find((one) => one.id === params.id)),
      assignee: { kind: "person" as const, id: user.id, name: user.name },
    };
    world.incidents = world.incidents.map((one) => (one.id === changed.id ? changed : one));
    return changed;
  },
};

const govern: Answers = {
  "block.list": ({ query = {} }, { world }) =>
    pageOf(
      world.blocks.filter((one) => fits(query.state, one.state) && fits(query.value, one.value)),
      query,
    ),
  "block.get": ({ params }, { world }) => found(world.blocks.find((one) => one.id === params.id)),
  "allow.list": (_, { world }) => ({ items: world.allow }),
  "enforcer.list": (_, { world }) => ({ items: world.enforcers }),
  "enforcer.create": ({ body }, { world }) => {
    const enforcer = {
      id: idOf("enforcer", world.enforcers.length + 1),
      name: body.name,
      active: true,
      keyHint: "tyr_e9",
      keyEndsAt: "2027-11-02T08:00:00.000Z",
      createdAt: at(Date.now()),
      lastPullAt: null,
      userAgent: null,
    };
    world.enforcers.push(enforcer);
    return { enforcer, key: `tyr_e9_${hexOf(79).slice(0, 40)}` };
  },
};

export const answers: Answers = {
  ...accountAnswers((_, { user }) => sessionOf(user)),
  ...passkeyAnswers,
  ...dutyAnswers,
  ...reviewAnswers,
  ...privacyAnswers,
  ...ruleAnswers,
  ...attackAnswers,
  ...actorAnswers,
  ...trust,
  ...collect,
  ...escalate,
  ...govern,
  ...approvalAnswers,
  ...approvalKeyAnswers,
  ...delegationAnswers,
  ...singlePersonAnswers,
  ...notificationAnswers,
  ...policyAnswers,
  ...modeAnswers,
};
