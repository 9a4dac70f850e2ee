import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { buildRulePack, type RulePack } from "../rule-pack.ts";
import { RuleKeeper, RulesNotReplaced, type RuleKeeperDeps } from "./rule-keeper.ts";
import type { Timers } from "./timers.ts";
import { KnownFiles, type OnRuleChange, type RuleStore } from "./rule-store.ts";

const ID = (digit: number): string => `${digit}1111111-1111-4111-8111-111111111111`;
const rule = (digit: number, level = "low"): string => `
title: Rule ${digit}
id: ${ID(digit)}
name: rule_${digit}
level: ${level}
logsource: { category: authentication }
detection: { selection: { event.outcome: failure }, condition: selection }
`;
const counting = `
title: Counting
id: ${ID(9)}
correlation: { type: event_count, rules: [rule_1], group-by: [source.ip], timespan: 1h, condition: { gte: 3 } }
`;
const BAD = "title: [";

/** A store in memory that tells of everything at once. */
function storeOf(texts: Map<string, string>, unreadable = new Map<string, string>()) {
  const known = new KnownFiles();
  let told: OnRuleChange = () => undefined;
  const found = () => ({
    files: [...texts].map(([path, text]) => ({ path, text })),
    unreadable: [...unreadable].map(([path, reason]) => ({ path, reason })),
    folders: [""],
  });
  const look = async (): Promise<void> => {
    for (const change of known.take(found())) told(change);
    await Promise.resolve();
  };
  const store: RuleStore = {
    kind: "filesystem",
    read: async () => {
      known.take(found());
      return await Promise.resolve(found());
    },
    follow(onChange) {
      told = onChange;
      return { look, stop: async () => await Promise.resolve() };
    },
  };
  return store;
}

describe("keeping rules", () => {
  let texts: Map<string, string>;
  let unreadable: Map<string, string>;
  let put: RulePack[];
  let said: Record<string, unknown>[];
  let keeper: RuleKeeper;
  /** What waits for its time, and for how long it does. */
  let waiting: { ms: number; work: () => void }[];
  const timers: Timers = {
    nowMs: () => 0,
    after(ms, work) {
      const one = { ms, work };
      waiting.push(one);
      return () => void (waiting = waiting.filter((other) => other !== one));
    },
  };
  const open = async (build: RuleKeeperDeps["build"] = (files, options) => buildRulePack(files, options)) => {
    const log = pino({}, { write: (text: string) => void said.push(JSON.parse(text) as Record<string, unknown>) });
    keeper = new RuleKeeper({ store: storeOf(texts, unreadable), log, build, timers });
    const first = await keeper.open();
    keeper.start(async (pack) => {
      put.push(pack);
      await Promise.resolve();
    });
    return first;
  };
  const titles = (pack: RulePack | undefined) => [...(pack?.rules.values() ?? [])].map(({ sigma }) => sigma.title);
  const warned = () => said.filter(({ level }) => level === 40);
  beforeEach(() => {
    texts = new Map([
      ["a.yml", rule(1)],
      ["b.yml", rule(2)],
      ["c.yml", counting],
    ]);
    unreadable = new Map();
    put = [];
    said = [];
    waiting = [];
  });

  test("what changes together comes into force together, whole", async () => {
    expect(titles(await open())).toEqual(["Rule 1", "Rule 2", "Counting"]);
    texts.set("a.yml", rule(1, "high")).set("d.yml", rule(4)).delete("b.yml");
    await keeper.look();
    expect(put.map(titles)).toEqual([["Rule 1", "Rule 4", "Counting"]]);
    expect(put[0]?.rules.get(ID(1))?.severity).toBe("high");
  });

  test("a malformed edit is logged, keeps what was in force, and stands among the rejected until it is mended", async () => {
    const first = await open();
    texts.set("a.yml", BAD);
    await keeper.look();
    const [broken] = put;
    expect(titles(broken)).toEqual(titles(first));
    expect(broken?.digest).toBe(first.digest);
    expect(broken?.rejected).toMatchObject([
      { path: "a.yml", message: expect.stringMatching(/; what was in force before stays$/) },
    ]);
    expect(warned()).toMatchObject([{ path: "a.yml", msg: "a rule was rejected" }]);
    texts.set("b.yml", rule(2, "high"));
    await keeper.look();
    expect(titles(put[1])).toEqual(titles(first));
    expect(put[1]?.rejected).toEqual(broken?.rejected);
    expect(warned()).toHaveLength(1);
    texts.set("a.yml", rule(1, "critical"));
    await keeper.look();
    expect(put[2]?.rejected).toEqual([]);
    expect(put[2]?.rules.get(ID(1))?.severity).toBe("critical");
  });

  test("a malformed edit takes no correlation with it that counts the rule, and stops no other edit", async () => {
    const first = await open();
    texts.set("a.yml", BAD).set("b.yml", rule(2, "high"));
    await keeper.look();
    expect(titles(put[0])).toEqual(titles(first));
    expect(put[0]?.rules.get(ID(2))?.severity).toBe("high");
  });

  test.each([
    ["a new file that sorts before it and took its name", "0.yml", rule(7).replace("name: rule_7", "name: rule_1")],
    [
      "a new file that sorts before it and took its id",
      "0.yml",
      rule(1, "high").replace("name: rule_1", "name: other"),
    ],
    ["a copy", "a copy.yml", rule(1, "high")],
  ])("a rule in force stays, with what counts it, whatever takes its id or name: %s", async (_, path, text) => {
    const first = await open();
    texts.set(path, text.replace("Rule", "Newcomer"));
    await keeper.look();
    const stays = (pack: RulePack | undefined): void => {
      expect(titles(pack)).toEqual(titles(first));
      expect(pack?.rules.get(ID(1))?.sigma.path).toBe("a.yml");
      expect(pack?.rejected).toMatchObject([
        { path, message: expect.stringMatching(/^(id|name) \S+ is already used by Rule 1 in a\.yml$/) },
      ]);
    };
    stays(put[0]);
    expect(warned()).toMatchObject([{ path, msg: "a rule was rejected" }]);
    // Also when the pack is made again for another reason.
    await keeper.rebuild();
    stays(put[1]);
    texts.delete("a.yml");
    await keeper.look();
    expect(titles(put[2]), "and once its file is gone, the other one has its place").toContain(
      `Newcomer ${text.includes(ID(7)) ? 7 : 1}`,
    );
    expect(put[2]?.rejected.filter((one) => one.path === path)).toEqual([]);
  });

  test("a file that takes the name of a rule in another one, which is edited at that moment, goes on as it was", async () => {
    const first = await open();
    texts.set("a.yml", rule(1).replace("name: rule_1", "name: rule_2")).set("b.yml", rule(2, "high"));
    await keeper.look();
    expect(titles(put[0])).toEqual(titles(first));
    expect(put[0]?.rules.get(ID(2))?.severity).toBe("high");
    expect(put[0]?.rejected).toMatchObject([
      {
        path: "a.yml",
        code: "duplicate-name",
        message: expect.stringMatching(/in b\.yml; what was in force before stays$/),
      },
    ]);
  });

  test("two files that come with one name are taken by their paths, and the other documents of the later one count", async () => {
    const first = await open();
    texts.set("y.yml", `${rule(5).replace("rule_5", "rule_4")}---${rule(6)}`).set("x.yml", rule(4));
    await keeper.look();
    expect(titles(put[0])).toEqual([...titles(first).slice(0, 2), "Rule 4", "Rule 6", "Counting"]);
    expect(put[0]?.rejected).toMatchObject([{ path: "y.yml", code: "duplicate-name" }]);
  });

  test("a file that was never good is rejected, whatever it is changed to", async () => {
    texts.set("d.yml", BAD);
    expect((await open()).rejected).toMatchObject([{ path: "d.yml" }]);
    texts.set("d.yml", `${BAD} [`);
    await keeper.look();
    expect(titles(put[0])).toHaveLength(3);
    expect(put[0]?.rejected).toMatchObject([{ path: "d.yml" }]);
    expect(put[0]?.rejected[0]?.message).not.toContain("stays");
  });

  test("a file that is removed is gone with what needs it, broken or not", async () => {
    await open();
    texts.set("a.yml", BAD);
    await keeper.look();
    texts.delete("a.yml");
    await keeper.look();
    expect(titles(put[1])).toEqual(["Rule 2"]);
    expect(put[1]?.rejected).toMatchObject([{ path: "c.yml", code: "reference-unknown" }]);
  });

  test("a file nobody may read any more keeps its rules, and says why", async () => {
    await open();
    texts.delete("b.yml");
    unreadable.set("b.yml", "may not be read by this user");
    await keeper.look();
    expect(titles(put[0])).toHaveLength(3);
    expect(put[0]?.rejected).toEqual([
      {
        path: "b.yml",
        line: 1,
        column: 1,
        code: "file-unreadable",
        message: "may not be read by this user; what was in force before stays",
      },
    ]);
  });

  test("a folder nobody may look into keeps its rules, says so once, and is forgotten when it can be read", async () => {
    texts.set("linux/d.yml", rule(4));
    await open();
    unreadable.set("linux", "may not be read by this user");
    texts.delete("linux/d.yml");
    await keeper.look();
    texts.set("b.yml", rule(2, "high"));
    await keeper.look();
    expect(put.map((pack) => titles(pack))).toEqual(Array.from(put, () => ["Rule 1", "Rule 2", "Rule 4", "Counting"]));
    expect(put[1]?.rejected).toMatchObject([
      { path: "linux", message: "may not be read by this user; what was in force before stays" },
    ]);
    expect(warned()).toHaveLength(1);
    unreadable.clear();
    texts.set("linux/d.yml", rule(4));
    await keeper.look();
    expect(put[2]?.rejected).toEqual([]);
    expect(titles(put[2])).toContain("Rule 4");
    texts.delete("linux/d.yml");
    await keeper.look();
    expect(titles(put[3])).not.toContain("Rule 4");
  });

  test("a pack that cannot be put in force leaves the one before, and is tried again by itself, less and less often", async () => {
    let isBroken = false;
    await open((files) => {
      if (isBroken) throw new Error("out of memory");
      return buildRulePack(files);
    });
    isBroken = true;
    texts.set("b.yml", rule(2, "high"));
    await keeper.look();
    expect(put).toEqual([]);
    expect(said.at(-1)).toMatchObject({ level: 50, err: { message: "out of memory" } });
    const waited: number[] = [];
    const tryAgain = async (): Promise<void> => {
      const [next, ...others] = waiting;
      expect(others).toEqual([]);
      waiting = [];
      waited.push(next?.ms ?? 0);
      next?.work();
      await keeper.settled();
    };
    for (let times = 0; times < 9; times += 1) await tryAgain();
    expect(waited).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    isBroken = false;
    await tryAgain();
    expect(put).toHaveLength(1);
    expect(put[0]?.rules.get(ID(2))?.severity).toBe("high");
    expect(waiting).toEqual([]);
  });

  test("who asks for another pack is told when it is not in force, and why", async () => {
    let isBroken = false;
    await open((files) => {
      if (isBroken) throw new Error("out of memory");
      return buildRulePack(files);
    });
    isBroken = true;
    await expect(keeper.rebuild()).rejects.toMatchObject({
      code: "RULES_NOT_REPLACED",
      cause: { message: "out of memory" },
    });
    await expect(keeper.rebuild()).rejects.toThrow(RulesNotReplaced);
    isBroken = false;
    await keeper.rebuild();
    expect([put.length, waiting.length]).toEqual([1, 0]);
  });

  test("stops although a pack it handed over never comes into force", async () => {
    await open();
    keeper.start(async () => await new Promise<never>(() => undefined));
    texts.set("b.yml", rule(2, "high"));
    const looking = keeper.look();
    await new Promise((resolve) => void setTimeout(resolve, 5));
    await keeper.stop();
    await looking;
    expect([put, waiting]).toEqual([[], []]);
  });
});
