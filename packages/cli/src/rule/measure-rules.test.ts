import { loadRules } from "@tyr/sigma";
import { expect, test } from "vitest";
import { LineSplitter } from "./line-splitter.ts";
import { Measurement, type Routing } from "./measure-rules.ts";

const ruleSet = loadRules([
  {
    path: "r.yml",
    text: `
title: Shadow
logsource: { product: cowrie }
detection: { selection: { input|contains: shadow }, condition: selection }
`,
  },
]);

async function measured(lines: readonly string[], routing: Routing) {
  const measurement = new Measurement(ruleSet, routing);
  async function* batches() {
    yield new LineSplitter(10_000).push(Buffer.from(lines.map((line) => `${line}\n`).join("")));
  }
  const round = await measurement.round(batches(), () => undefined);
  return { ...round, byRule: [...measurement.matchesByRule.values()] };
}

const command = (input: string) => JSON.stringify({ eventid: "cowrie.command.input", input });

test("events are routed by their fields, and matches counted by rule", async () => {
  const round = await measured([command("cat /etc/shadow"), command("ls"), '{"input":"shadow"}'], { kind: "table" });
  expect(round).toMatchObject({ events: 3, matches: 1, eventsMatched: 1, unrouted: 1, unreadable: 0, byRule: [1] });
});

test("without routing, or with a given log source, every event is tried", async () => {
  const lines = ['{"input":"shadow"}', '{"input":"x"}'];
  expect(await measured(lines, { kind: "none" })).toMatchObject({ events: 2, matches: 1, routeSeconds: 0 });
  const fixed: Routing = { kind: "fixed", logsource: { product: "cowrie" } };
  expect(await measured(lines, fixed)).toMatchObject({ events: 2, matches: 1, unrouted: 0, routeSeconds: 0 });
});

test.each([
  ["cut JSON", '{"input":"shad'],
  ["a list", '["shadow"]'],
  ["a text", '"shadow"'],
  ["null", "null"],
  ["bytes that are no text", "\u0000\u0001"],
])("%s is counted, with its line, and is no event", async (_, bad) => {
  const round = await measured([command("ls"), bad, command("cat /etc/shadow"), bad], { kind: "table" });
  expect(round).toMatchObject({ events: 2, matches: 1, unreadable: 2, firstUnreadable: 2 });
});

test("JSON nested deeper than any stack ends nothing", async () => {
  const deep = `{"input":${"[".repeat(2000)}"shadow"${"]".repeat(2000)}}`;
  const round = await measured([deep, command("cat /etc/shadow")], { kind: "none" });
  expect(round.events + round.unreadable).toBe(2);
  expect(round.matches).toBeGreaterThanOrEqual(1);
});
