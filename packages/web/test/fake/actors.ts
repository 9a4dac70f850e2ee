import type { Attacker, Campaign, Detection, Event, Identity, IdentityEdge } from "@tyr/contract";
import { severityRank, worstSeverity } from "@tyr/contract";
import type { Answers } from "./answers.ts";
import { ACTORS, at, hexOf, idOf, numberOf, person } from "./make.ts";
import { Refused } from "./refused.ts";
import type { World } from "./world.ts";

const BEHAVIOURS = ["brute_force", "scanning", "interactive", "slow_scan", "beaconing"] as const;
const MINUTE = 60_000;

export function makeAttackers(now: number, events: readonly Event[], detections: readonly Detection[]): Attacker[] {
  return ACTORS.map((address, index) => {
    const own = detections.filter((one) => one.actorIp === address);
    const byRule = new Map(own.map((one) => [one.ruleId, one]));
    const contributions = [...byRule.values()].map((one) => ({
      ruleId: one.ruleId,
      ruleTitle: one.ruleTitle,
      points: one.riskPoints,
      detections: own.filter(({ ruleId }) => ruleId === one.ruleId).length,
      reason: "once for the rule, however often it found something",
    }));
    const score = Math.min(
      100,
      contributions.reduce((sum, { points }) => sum + points, 0),
    );
    return {
      id: idOf("observation", index + 1),
      address,
      private: false,
      identityId: index === 4 ? null : idOf("identity", index === 1 ? 1 : index + 1),
      campaignId: index < 3 ? idOf("campaign", 1) : null,
      firstSeenAt: at(now - 60 * 60 * MINUTE),
      lastSeenAt: at(now - (index + 1) * 7 * MINUTE),
      eventCount: events.filter((one) => one.src?.ip === address).length,
      detectionCount: own.length,
      sensorCount: 2,
      serviceCount: 2,
      riskScore: score,
      severity: own.length === 0 ? null : worstSeverity(own.map(({ severity }) => severity)),
      behaviour: BEHAVIOURS[index] ?? null,
      asn: index === 0 ? "AS64496 Example \u001b[31mHosting" : null,
      risk: { score, contributions },
      services: [
        { name: "ssh", firstAt: at(now - 60 * 60 * MINUTE) },
        { name: "http", firstAt: at(now - 50 * 60 * MINUTE) },
      ],
      sensors: [{ id: idOf("sensor", 1), name: "db-backup-01", firstAt: at(now - 60 * 60 * MINUTE) }],
      phases: [
        {
          phase: "credential_access",
          sensorId: idOf("sensor", 1),
          firstAt: at(now - 58 * MINUTE),
          lastAt: at(now - 40 * MINUTE),
        },
        {
          phase: "command_and_control",
          sensorId: idOf("sensor", 1),
          firstAt: at(now - 38 * MINUTE),
          lastAt: at(now - 38 * MINUTE),
        },
      ],
      traces: {
        ja3: [],
        ja4: ["t13d1516h2_8daaf6152771_b186095e22b6"],
        hassh: [hexOf(3).slice(0, 32)],
        clientVersions: ["SSH-2.0-Go\u202e evil", "SSH-2.0-libssh_0.9.6"],
        payloads: [hexOf(9)],
        c2: ["198.51.100.77"],
        commandCount: 41,
        credentialCount: 212,
        usernameCount: 12,
      },
      notKept: index === 0 ? { credentials: 1400 } : {},
    };
  });
}

const edge = (a: number, b: number): IdentityEdge => ({
  a: idOf("identity", a),
  b: idOf("identity", b),
  aAddress: ACTORS[0],
  bAddress: ACTORS[1],
  weight: 1.65,
  reasons: [
    { kind: "hassh", weight: 1, values: [hexOf(3).slice(0, 32)], detail: "Both used the same SSH client." },
    { kind: "commands", weight: 0.6, values: [], detail: "91 % of what they typed, phase by phase, is the same." },
    { kind: "asn", weight: 0.05, values: ["AS64496"], detail: "Both came from the same network." },
  ],
});

/** The first two addresses are one identity, of which the second was an identity of its own. */
function identityOf(world: World, id: string): Identity {
  const members = world.attackers.filter((one) => one.identityId === id);
  const [first] = members;
  if (first === undefined || first.identityId === null) throw new Refused("NOT_FOUND", `no identity ${id}`);
  const rows = members.map(
    ({ risk: _k, services: _v, sensors: _s, phases: _p, traces: _t, notKept: _n, ...row }, index) => ({
      ...row,
      ownIdentityId: index === 0 ? idOf("identity", 1) : idOf("identity", 12),
    }),
  );
  return {
    id: first.identityId,
    mergedInto: null,
    campaignId: first.campaignId,
    addressCount: members.length,
    firstSeenAt: first.firstSeenAt,
    lastSeenAt: first.lastSeenAt,
    eventCount: members.reduce((sum, one) => sum + one.eventCount, 0),
    detectionCount: members.reduce((sum, one) => sum + one.detectionCount, 0),
    riskScore: Math.max(...members.map((one) => one.riskScore)),
    confidence: members.length > 1 ? 0.97 : 1,
    members: rows,
    edges: members.length > 1 ? [edge(1, 12)] : [],
    rulings: world.rulings,
    phases: first.phases,
    profile: [
      {
        primitive: "hassh",
        state: "stable",
        observations: 5,
        confidence: 1,
        value: "0df0d56bb50c6b2426d8d40234bf1826",
        since: first.firstSeenAt,
      },
      {
        primitive: "keystroke_rhythm",
        state: "multi_actor",
        observations: 4,
        confidence: 0.3,
        value: null,
        since: first.lastSeenAt,
      },
    ],
  };
}

function campaignOf(world: World): Campaign {
  const own = world.attackers.filter((one) => one.campaignId !== null);
  const [first] = own;
  if (first === undefined) throw new Refused("NOT_FOUND", "no such campaign");
  const ids = [...new Set(own.flatMap(({ identityId }) => identityId ?? []))];
  const identities = ids.map((id) => {
    const { members: _m, edges: _e, rulings: _r, phases: _p, profile: _f, ...row } = identityOf(world, id);
    return row;
  });
  return {
    id: idOf("campaign", 1),
    mergedInto: null,
    identityCount: identities.length,
    addressCount: own.length,
    firstSeenAt: first.firstSeenAt,
    lastSeenAt: first.lastSeenAt,
    eventCount: own.reduce((sum, one) => sum + one.eventCount, 0),
    riskScore: Math.max(...own.map((one) => one.riskScore)),
    identities,
    edges: [
      {
        a: idOf("identity", 1),
        b: idOf("identity", 3),
        weight: 1.4,
        reasons: [
          {
            kind: "handoff",
            weight: 1,
            values: [],
            detail: "One ended in command and control on db-backup-01, the other began to look around there 3 h later.",
          },
          { kind: "overlap", weight: 0.4, values: [], detail: "They were active at the same time." },
        ],
      },
    ],
    rulings: [],
  };
}

const attackerOf = (world: World, id: string): Attacker => {
  const attacker = world.attackers.find((one) => one.id === id || one.address === id);
  if (attacker === undefined) throw new Refused("NOT_FOUND", "this address was never seen");
  return attacker;
};

export const actorAnswers: Answers = {
  "attacker.list": ({ query = {} }, { world }) => {
    const items = world.attackers
      .filter(
        (one) =>
          (query.ip === undefined || one.address === query.ip) &&
          (query.behaviour === undefined || one.behaviour === query.behaviour) &&
          (query.minRisk === undefined || one.riskScore >= numberOf(query.minRisk, 0)),
      )
      .map(({ risk: _k, services: _v, sensors: _s, phases: _p, traces: _t, notKept: _n, ...row }) => row);
    if (query.sort === "risk") items.sort((one, other) => other.riskScore - one.riskScore);
    return { items, next: null };
  },
  "attacker.get": ({ params }, { world }) => attackerOf(world, params.id),
  "attacker.sessions": ({ params }, { world }) => {
    const { address } = attackerOf(world, params.id);
    const sessions = new Map<string, Event[]>();
    for (const event of world.events) {
      if (event.src?.ip !== address || event.session === null) continue;
      sessions.set(event.session, [...(sessions.get(event.session) ?? []), event]);
    }
    const items = [...sessions].map(([session, own]) => ({
      session,
      sensorId: own[0]?.sensorId ?? idOf("sensor", 1),
      startedAt: own.at(-1)?.time ?? at(0),
      endedAt: own[0]?.time ?? at(0),
      events: own.length,
      logins: own.filter(({ kind }) => kind === "auth_attempt").length,
      loginsSucceeded: own.filter(({ kind, outcome }) => kind === "auth_attempt" && outcome === "success").length,
      commands: own.filter(({ kind }) => kind === "command").length,
      payloads: own.filter(({ severity }) => severityRank(severity) > 3).length,
    }));
    return { items, eventsRead: 5000, complete: false };
  },
  "credential.list": (_, { world }) => ({
    items: world.attackers.slice(0, 1).flatMap(({ id, address, firstSeenAt, lastSeenAt }) =>
      ["root", "admin\u202e", ""].map((principal, index) => ({
        address,
        attackerId: id,
        sensorId: idOf("sensor", 1),
        service: "ssh",
        principal,
        secretKind: index === 2 ? "http_bearer" : "plaintext",
        secretHash: hexOf(20 + index).slice(0, 32),
        common: index === 0,
        attemptCount: 40 - index,
        outcome: (["failure", "success", "observed"] as const)[index] ?? "failure",
        firstSeenAt,
        lastSeenAt,
        targetCount: 2,
        sourceCount: 1 + index,
      })),
    ),
    next: null,
  }),
  "identity.list": ({ query = {} }, { world }) => {
    const ids = [...new Set(world.attackers.flatMap(({ identityId }) => identityId ?? []))];
    const items = ids
      .map((id) => {
        const { members: _m, edges: _e, rulings: _r, phases: _p, profile: _f, ...row } = identityOf(world, id);
        return row;
      })
      .filter(({ addressCount }) => addressCount >= numberOf(query.addresses, 1));
    return { items, next: null };
  },
  "identity.get": ({ params }, { world }) => identityOf(world, params.id),
  "identity.unmerge": ({ params, body }, { world, user }) => {
    const own = idOf("identity", 1);
    world.attackers = world.attackers.map((one) =>
      one.address === ACTORS[1] ? { ...one, identityId: params.id } : one,
    );
    world.rulings = [
      { kind: "apart", a: own, b: params.id, by: person(1, user.name), at: at(Date.now()), reason: body.reason },
    ];
    return identityOf(world, params.id);
  },
  "campaign.list": (_, { world }) => {
    if (world.attackers.length === 0) return { items: [], next: null };
    const { identities: _i, edges: _e, rulings: _r, ...row } = campaignOf(world);
    return { items: [row], next: null };
  },
  "campaign.get": (_, { world }) => campaignOf(world),
};
