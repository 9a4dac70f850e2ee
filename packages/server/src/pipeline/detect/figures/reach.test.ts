import { expect, test } from "vitest";
import { buildRulePack, type PackRule } from "../rule-pack.ts";
import { reachOf, seenInputs, type SeenInput } from "./reach.ts";
import { fieldsOf, logsourceName } from "./rule-input.ts";

const SSH = "11111111-1111-4111-8111-111111111111";
const WEB = "22222222-2222-4222-8222-222222222222";
const BOTH = "33333333-3333-4333-8333-333333333333";
const MANY = "44444444-4444-4444-8444-444444444444";
const pack = buildRulePack([
  {
    path: "rules.yml",
    text: `
title: Refused
id: ${SSH}
name: refused
logsource: { product: linux, category: authentication }
detection:
  selection: { event.outcome: failure, user.name: root }
  other: { auth.method: none }
  excluded: { source.ip|cidr: 10.0.0.0/8 }
  condition: (selection or other) and not excluded
---
title: Asked
id: ${WEB}
name: asked
logsource: { category: webserver }
detection: { words: [wget], absent: { http.request.referrer: null }, condition: words and absent }
---
title: Both
id: ${BOTH}
correlation: { type: temporal, rules: [refused, asked], group-by: [source.ip], timespan: 5m }
---
title: Many
id: ${MANY}
correlation: { type: event_count, rules: [refused, asked], group-by: [source.ip], timespan: 5m, condition: { gte: 3 } }
`,
  },
]);
const rule = (id: string): PackRule => {
  const found = pack.rules.get(id);
  if (found === undefined) throw new Error(JSON.stringify(pack.rejected));
  return found;
};
const LINUX = "product=linux,category=authentication";
const HTTP = "category=webserver";
const now = new Date("2026-03-01T12:00:00Z");
const since = new Date("2026-02-01T12:00:00Z");
const inputs = [
  ...["", "event.outcome", "user.name", "auth.method", "source.ip"].map((field) => ({ logsource: LINUX, field })),
  ...["", "http.request.referrer"].map((field) => ({ logsource: HTTP, field })),
];
type Days = Readonly<Record<string, string>>;
const seen = (days: Days, from = since) =>
  seenInputs(
    inputs.map((one): SeenInput => ({ ...one, since: from, lastDay: days[`${one.logsource} ${one.field}`] ?? null })),
  );
const reach = (id: string, days: Days, changes: Readonly<{ from?: Date; detections?: number }> = {}) =>
  reachOf(rule(id), { pack, seen: seen(days, changes.from), detections: changes.detections ?? 0, now, days: 7 });

test("a rule whose log source never comes in is unseen, and one whose fields never do has no field", () => {
  expect(reach(SSH, {}).reach).toBe("unseen");
  expect(reach(SSH, { [`${LINUX} `]: "2026-02-28" }).reach).toBe("no-field");
  const half = { [`${LINUX} `]: "2026-02-28", [`${LINUX} event.outcome`]: "2026-02-28" };
  expect(reach(SSH, half).reach).toBe("no-field");
});

test("one whole way to the condition is enough; what a rule excludes need not be there", () => {
  const other = { [`${LINUX} `]: "2026-02-28", [`${LINUX} auth.method`]: "2026-02-28" };
  expect(reach(SSH, other)).toMatchObject({
    reach: "no-match",
    logsources: [{ logsource: LINUX, lastSeenDay: "2026-02-28" }],
    fields: [
      { field: "event.outcome", lastSeenDay: null },
      { field: "user.name", lastSeenDay: null },
      { field: "auth.method", lastSeenDay: "2026-02-28" },
      { field: "source.ip", lastSeenDay: null },
    ],
  });
});

test("keywords and fields that must be absent ask for the log source alone", () => {
  expect(reach(WEB, { [`${HTTP} `]: "2026-02-22" }).reach).toBe("no-match");
});

test("what was seen before the days asked about does not count", () => {
  expect(reach(WEB, { [`${HTTP} `]: "2026-02-21" }).reach).toBe("unseen");
});

test("a sequence needs all of its rules, a count one of them", () => {
  const web = { [`${HTTP} `]: "2026-02-28" };
  expect(reach(BOTH, web).reach).toBe("unseen");
  expect(reach(MANY, web).reach).toBe("no-match");
});

test("a rule that is watched for less than a day is unknown, unless something was seen", () => {
  const from = new Date("2026-03-01T00:00:00Z");
  expect(reach(WEB, {}, { from })).toMatchObject({ reach: "unknown", watchedSince: from.toISOString() });
  expect(reach(WEB, { [`${HTTP} `]: "2026-03-01" }, { from }).reach).toBe("no-match");
  expect(reachOf(rule(WEB), { pack, seen: seenInputs([]), detections: 0, now, days: 7 })).toMatchObject({
    reach: "unknown",
    watchedSince: null,
  });
});

test("a rule that found something fires, whatever comes in today", () => {
  expect(reach(SSH, {}, { detections: 1 }).reach).toBe("fires");
});

test("fields compared with each other are read both", () => {
  const text = `
title: Same
id: ${SSH}
logsource: { service: s, product: p }
detection: { selection: { a|fieldref: b }, condition: selection }
`;
  const [same] = buildRulePack([{ path: "same.yml", text }]).ruleSet.rules;
  if (same === undefined) throw new Error("rejected");
  expect(fieldsOf(same.expression)).toEqual(["a", "b"]);
  expect(logsourceName(same.logsource)).toBe("product=p,service=s");
});
