import { writeFile } from "node:fs/promises";
import path from "node:path";
import { DRAFT_CHARS_MAX } from "@tyr/contract";
import { expect, test } from "vitest";
import { run } from "../run.ts";
import { fakeWorld, temporaryDirectory } from "../testing/fake-world.ts";

const ID = "bkt_01234567-89ab-7cde-8f01-23456789abcd";
const RULE = "11111111-1111-4111-8111-111111111111";
const backtest = (state: string) => ({
  id: ID,
  state,
  from: "2026-01-25T12:00:00.000Z",
  to: "2026-02-01T12:00:00.000Z",
  startedAt: "2026-02-01T12:00:00.000Z",
  endedAt: null,
  by: { kind: "person", id: "usr_1", name: "alice" },
  progress: 0.5,
  events: 12,
  rules: [
    {
      ruleId: RULE,
      title: "Draft \u001b[2J",
      kind: "detection",
      severity: "low",
      detections: 7,
      actors: 2,
      days: [],
      samples: [],
      inForce: { version: "1", detections: 5, both: 4, onlyHere: 3, onlyInForce: 1 },
    },
  ],
  losses: {},
});

/** Answers one after the other; the last one again and again. */
const tyr = async (argv: readonly string[], answers: readonly unknown[]) => {
  const asked: string[] = [];
  const bodies: unknown[] = [];
  const world = await fakeWorld({
    argv,
    env: { TYR_TOKEN: "t" },
    fetch: async (address, init) => {
      asked.push(`${init?.method ?? "GET"} ${new URL(address).pathname}`);
      if (typeof init?.body === "string") bodies.push(JSON.parse(init.body));
      return Response.json(answers[Math.min(asked.length, answers.length) - 1]);
    },
  });
  return { code: await run(world, "0"), out: world.out(), err: world.err(), asked, bodies };
};

test("tyr rule backtest sends the draft, waits for the end and shows it beside the rule in force", async () => {
  const file = path.join(await temporaryDirectory(), "draft.yml");
  await writeFile(file, "title: Draft\n");
  const { code, out, asked, bodies } = await tyr(
    ["rule", "backtest", file, "--from", "7d"],
    [backtest("running"), backtest("done")],
  );
  expect([code, asked]).toEqual([0, ["POST /api/v1/ttp/backtests", `GET /api/v1/ttp/backtests/${ID}`]]);
  expect(bodies).toEqual([
    { text: "title: Draft\n", from: "2026-01-25T12:00:00.000Z", to: "2026-02-01T12:00:00.000Z" },
  ]);
  expect(out).toMatch(new RegExp(`${RULE} +7 +2 +5 +4 +3 +1 +Draft`));
  expect(out).not.toContain("\u001b[2J");
});

test("a file that is no draft of rules is not sent, and neither is a time that is none", async () => {
  const file = path.join(await temporaryDirectory(), "log.yml");
  await writeFile(file, "x".repeat(DRAFT_CHARS_MAX + 1));
  const long = await tyr(["rule", "backtest", file, "--from", "7d"], []);
  expect([long.code, long.asked]).toEqual([2, []]);
  const when = await tyr(["rule", "backtest", RULE, "--from", "yesterday"], []);
  expect([when.code, when.asked]).toEqual([2, []]);
  const never = await tyr(["rule", "backfill", RULE, "--reason", "new"], []);
  expect([never.code, never.asked]).toEqual([2, []]);
});

test("tyr rule backfill that breaks off at the server ends with a failure", async () => {
  const { rules: _rules, losses: _losses, ...head } = backtest("interrupted");
  const id = ID.replace("bkt", "bkf");
  const answer = { ...head, id, ruleId: RULE, ruleVersion: "1", reason: "new", detections: 3, tags: 3 };
  const { code, asked, err } = await tyr(["rule", "backfill", RULE, "--from", "7d", "--reason", "new"], [answer]);
  expect([code, asked]).toEqual([1, ["POST /api/v1/ttp/backfills"]]);
  expect(err).toContain(`${id} broke off`);
});
