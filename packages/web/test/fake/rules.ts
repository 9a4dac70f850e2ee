import type { Backtest, RuleDetail, RuleFigures, User } from "@tyr/contract";
import type { Answers } from "./answers.ts";
import { at, hexOf, idOf, person, RULES, type RuleSeed } from "./make.ts";
import { Refused } from "./refused.ts";
import type { World } from "./world.ts";

const DAY_MS = 86_400_000;
const dayOf = (ms: number): string => at(ms).slice(0, 10);

const NEVER: RuleSeed = {
  id: "5f3f1c58-2b7e-4a57-9d0e-2f6f6a0a1008",
  title: "Ransom note left in a database\u202e",
  level: "critical",
  risk: 60,
  technique: "T1486",
  sub: null,
  tactic: "impact",
  name: "Data Encrypted for Impact",
  correlation: false,
};

const yamlOf = ({ id, title, level, technique }: RuleSeed): string => `title: ${title}
id: ${id}
status: stable
description: |
  What a person or a program does once it is in, seen in the commands of a session.
author: The Tyr authors
logsource:
  category: shell_command
detection:
  selection:
    process.command_line|re: '(curl|wget)\\s[^|;]{1,200}\\|\\s*(ba)?sh'
  condition: selection
level: ${level}
tags:
  - attack.${technique.toLowerCase()}
`;

const ENABLED = {
  state: "enabled" as const,
  confidenceMax: null,
  expiresAt: null,
  reason: null,
  setBy: null,
  setAt: null,
  suppressed: 0,
  lastSuppressedAt: null,
};
const mutedAt = (now: number) => ({
  state: "muted" as const,
  confidenceMax: null,
  expiresAt: at(now + 3 * DAY_MS),
  reason: "The backup reads it every night; ticket 4711.",
  setBy: person(3, "jonas"),
  setAt: at(now - DAY_MS / 4),
  suppressed: 17,
  lastSuppressedAt: at(now - 60_000),
});

export function makeRules(now: number): RuleDetail[] {
  return [...RULES, NEVER].map((rule, index) => ({
    id: rule.id,
    title: rule.title,
    path: `ssh/${rule.id}.yml`,
    description: "What a person or a program does once it is in, seen in the commands of a session.",
    level: rule.level,
    kind: rule.correlation ? ("correlation" as const) : ("detection" as const),
    logsource: rule.correlation ? {} : { category: "shell_command" },
    techniques: [rule.sub ?? rule.technique],
    tactics: [rule.tactic],
    riskPoints: rule.risk,
    detections: 0,
    lastDetectionAt: null,
    version: hexOf(index).slice(0, 12),
    ...(index === 5 ? mutedAt(now) : ENABLED),
    yaml: yamlOf(rule),
    author: "The Tyr authors",
    references: ["https://attack.mitre.org/techniques/T1105/"],
    falsePositives: ["An installer somebody ran on purpose"],
    refersTo: rule.correlation ? [RULES[2]?.id ?? ""] : [],
    referredBy: [],
  }));
}

/** As stored now: what was found is counted from the detections. */
function counted(rule: RuleDetail, world: World): RuleDetail {
  const own = world.detections.filter((one) => one.ruleId === rule.id);
  return { ...rule, detections: own.length, lastDetectionAt: own[0]?.time ?? null };
}

function figuresOf(rule: RuleDetail, world: World): RuleFigures {
  const { detections, lastDetectionAt } = counted(rule, world);
  const now = Date.now();
  const days = Array.from({ length: 30 }, (_, index) => ({
    day: dayOf(now - (29 - index) * DAY_MS),
    detections: index < 20 ? 0 : (index * 7) % 11,
  }));
  const today = dayOf(now);
  return {
    ruleId: rule.id,
    title: rule.title,
    kind: rule.kind,
    detections,
    backfilled: 0,
    suppressed: 0,
    lastDetectionAt,
    days: detections === 0 ? [] : days,
    cost: {
      share: rule.kind === "correlation" ? null : 0.034,
      microsPerEvent: rule.kind === "correlation" ? null : 1.7,
      samples: rule.kind === "correlation" ? 0 : 412,
      since: at(now - DAY_MS),
    },
    precision: {
      value: detections > 10 ? 0.92 : null,
      truePositives: 20,
      benign: 3,
      falsePositives: 2,
      judged: detections > 10 ? 25 : 2,
      minimum: 5,
    },
    reach: {
      reach: detections > 0 ? "fires" : "no-field",
      days: 30,
      watchedSince: at(now - 40 * DAY_MS),
      logsources: [{ logsource: "category=shell_command", lastSeenDay: today }],
      fields: [{ field: "process.command_line", lastSeenDay: detections > 0 ? today : null }],
    },
  };
}

function found(world: World, id: string): RuleDetail {
  const rule = world.rules.find((one) => one.id === id);
  if (rule === undefined) throw new Refused("NOT_FOUND", `no rule ${id} is in force`);
  return rule;
}

export function makeBacktest(rule: RuleDetail, user: User, now: number): Backtest {
  return {
    id: idOf("backtest", 1),
    state: "running",
    from: at(now - 7 * DAY_MS),
    to: at(now),
    startedAt: at(now - 4000),
    endedAt: null,
    by: { ...person(1, user.name), id: user.id },
    progress: 0.42,
    events: 41_207,
    rules: [
      {
        ruleId: rule.id,
        title: rule.title,
        kind: rule.kind,
        severity: rule.level,
        detections: 213,
        actors: 31,
        days: Array.from({ length: 7 }, (_, index) => ({
          day: dayOf(now - (6 - index) * DAY_MS),
          detections: 10 + ((index * 13) % 40),
        })),
        samples: [0, 1, 2].map((index) => ({
          time: at(now - index * DAY_MS),
          actorIp: index === 2 ? null : "203.0.113.9",
          user: null,
          groupKey: { "source.ip": "203.0.113.9", n: index },
          eventIds: [idOf("event", index + 1)],
          eventCount: 1,
          techniques: rule.techniques,
        })),
        inForce: { version: rule.version, detections: 190, both: 188, onlyHere: 25, onlyInForce: 2 },
      },
    ],
    losses: { late: 3 },
  };
}

export const ruleAnswers: Answers = {
  "rule.states": (_, { world }) => ({
    packDigest: hexOf(5),
    items: world.rules.map((rule) => {
      const { yaml: _yaml, author: _author, references: _r, falsePositives: _f, ...row } = counted(rule, world);
      const { refersTo: _to, referredBy: _by, ...view } = row;
      return view;
    }),
  }),
  "rule.get": ({ params }, { world }) => counted(found(world, params.id), world),
  "rule.setState": ({ params, body }, { world, user }) => {
    const set: RuleDetail = {
      ...found(world, params.id),
      state: body.state,
      confidenceMax: "confidenceMax" in body ? body.confidenceMax : null,
      expiresAt: "expiresAt" in body ? (body.expiresAt ?? null) : null,
      reason: body.reason,
      setBy: { ...person(1, user.name), id: user.id },
      setAt: at(Date.now()),
    };
    world.rules = world.rules.map((one) => (one.id === set.id ? set : one));
    return counted(set, world);
  },
  "rule.figures": ({ params }, { world }) => figuresOf(found(world, params.id), world),
  "rule.figureList": (_, { world }) => ({ items: world.rules.map((rule) => figuresOf(rule, world)) }),
  "backtest.create": ({ body }, { world, user }) => {
    const rule = found(world, "ruleId" in body ? body.ruleId : (world.rules[0]?.id ?? ""));
    const backtest = makeBacktest(rule, user, Date.now());
    world.backtests = [backtest];
    return backtest;
  },
  "backfill.list": () => ({ items: [] }),
  "backtest.list": (_, { world }) => ({ items: world.backtests }),
  "backtest.get": ({ params }, { world }) => {
    const [backtest] = world.backtests.filter(({ id }) => id === params.id);
    if (backtest === undefined) throw new Refused("NOT_FOUND", `no backtest ${params.id}`);
    return backtest;
  },
  "backtest.cancel": ({ params }, { world }) => {
    world.backtests = world.backtests.map((one) =>
      one.id === params.id ? { ...one, state: "cancelled", endedAt: at(Date.now()) } : one,
    );
    const [ended] = world.backtests;
    if (ended === undefined) throw new Refused("NOT_FOUND", `no backtest ${params.id}`);
    return ended;
  },
};
