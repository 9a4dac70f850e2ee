import { expect, test } from "vitest";
import { silentLogger } from "#platform/log";
import { buildRulePack, type RulePack } from "../../rule-pack.ts";
import { RuleKeeper } from "../rule-keeper.ts";
import type { FollowedRules, RuleFileChange, RuleStore } from "../rule-store.ts";

/** A store under test, and the folder behind it as an operator changes it. */
export type StoreWorld = AsyncDisposable &
  Readonly<{
    store: RuleStore;
    write(path: string, text: string): void;
    remove(path: string): void;
    /** A folder that cannot be looked into, until it is shown again. */
    hide(folder: string): void;
    show(folder: string): void;
    /** Until everything written so far would have been seen; `look` is then the store's turn. */
    settle(): Promise<void>;
  }>;

const OLD = "title: Old\n";
const NEW = "title: New\n";

type Followed = Readonly<{ world: StoreWorld; followed: FollowedRules; changes: readonly RuleFileChange[] }>;

type Open = (files: Readonly<Record<string, string>>) => Promise<StoreWorld>;

async function following(open: Open, work: (opened: Followed) => Promise<void>): Promise<void> {
  await using world = await open({ "a.yml": OLD, "b.yml": OLD, "linux/c.yml": OLD });
  await world.store.read();
  const changes: RuleFileChange[] = [];
  const followed = world.store.follow((change) => void changes.push(change));
  try {
    await work({ world, followed, changes });
  } finally {
    await followed.stop();
  }
}

async function seen({ world, followed }: Followed): Promise<void> {
  await world.settle();
  await followed.look();
}

/** What every store promises, whatever it is made of. */
export function testRuleStore(open: Open): void {
  testChanges(open);
  testEdges(open);
  testUnreadable(open);
}

function testChanges(open: Open): void {
  test("holds the files of the folder, in the order of their paths", async () => {
    await using world = await open({ "linux/c.yml": NEW, "a.yml": OLD, "notes.txt": "x", ".git/config.yml": "x" });
    const { files, unreadable } = await world.store.read();
    expect(files).toEqual([
      { path: "a.yml", text: OLD },
      { path: "linux/c.yml", text: NEW },
    ]);
    expect(unreadable).toEqual([]);
    await world.store.follow(() => undefined).stop();
  });

  test("tells of a saved file once, and of one that came, and of one that is gone", async () => {
    await following(open, async (opened) => {
      opened.world.write("a.yml", NEW);
      opened.world.write("web/d.yml", NEW);
      opened.world.remove("b.yml");
      for (let times = 0; times < 3; times += 1) await seen(opened);
      expect(opened.changes.toSorted((x, y) => (x.path < y.path ? -1 : 1))).toEqual([
        { path: "a.yml", text: NEW },
        { path: "b.yml", text: null },
        { path: "web/d.yml", text: NEW },
      ]);
    });
  });

  test("tells of five saves of one file five times, each with its text", async () => {
    await following(open, async (opened) => {
      const texts = [1, 2, 3, 4, 5].map((number) => `title: Edit ${number}\n`);
      for (const text of texts) {
        opened.world.write("a.yml", text);
        await seen(opened);
      }
      expect(opened.changes).toEqual(texts.map((text) => ({ path: "a.yml", text })));
    });
  });

  test("a text that was written again as it was is no change", async () => {
    await following(open, async (opened) => {
      opened.world.write("a.yml", OLD);
      await seen(opened);
      expect(opened.changes).toEqual([]);
    });
  });
}

function testEdges(open: Open): void {
  test("what changed between reading and following is told first", async () => {
    await using world = await open({ "a.yml": OLD });
    await world.store.read();
    world.write("a.yml", NEW);
    await world.settle();
    const changes: RuleFileChange[] = [];
    const followed = world.store.follow((change) => void changes.push(change));
    await world.settle();
    await followed.look();
    await followed.stop();
    expect(changes).toEqual([{ path: "a.yml", text: NEW }]);
  });

  test("text that is no rule is told as it is: whether it is one, the reader decides", async () => {
    await following(open, async (opened) => {
      opened.world.write("a.yml", "title: [ 'O\u2019Brien', \u202E");
      await seen(opened);
      expect(opened.changes).toEqual([{ path: "a.yml", text: "title: [ 'O\u2019Brien', \u202E" }]);
    });
  });

  test("stops telling when it is stopped", async () => {
    await using world = await open({ "a.yml": OLD });
    await world.store.read();
    const changes: RuleFileChange[] = [];
    const followed = world.store.follow((change) => void changes.push(change));
    await followed.stop();
    world.write("a.yml", NEW);
    await world.settle();
    expect(changes).toEqual([]);
  });
}

function testUnreadable(open: Open): void {
  const below = ({ path }: RuleFileChange): boolean => path.startsWith("linux/");

  test("what is below a folder nobody may look into is there, and what changed meanwhile is told afterwards", async () => {
    await following(open, async (opened) => {
      opened.world.write("linux/deep/d.yml", OLD);
      await seen(opened);
      expect(opened.changes).toEqual([{ path: "linux/deep/d.yml", text: OLD }]);
      opened.world.hide("linux");
      opened.world.write("a.yml", NEW);
      for (let times = 0; times < 3; times += 1) await seen(opened);
      expect(opened.changes.slice(1).filter(below)).toEqual([]);
      expect(opened.changes).toContainEqual({ path: "a.yml", text: NEW });
      opened.world.show("linux");
      opened.world.write("linux/c.yml", NEW);
      opened.world.remove("linux/deep/d.yml");
      for (let times = 0; times < 3; times += 1) await seen(opened);
      expect(opened.changes.slice(1).filter(below)).toEqual([
        { path: "linux/c.yml", text: NEW },
        { path: "linux/deep/d.yml", text: null },
      ]);
    });
  });

  test("rules stay in force while their folder cannot be read, and while a newcomer has the name of one", async () => {
    const rule = (digit: number, name: string): string => `
title: Rule ${digit}
id: ${digit}1111111-1111-4111-8111-111111111111
name: ${name}
logsource: { category: authentication }
detection: { selection: { event.outcome: failure }, condition: selection }
`;
    await using world = await open({ "a.yml": rule(1, "one"), "linux/c.yml": rule(3, "three") });
    const keeper = new RuleKeeper({ store: world.store, log: silentLogger, build: buildRulePack });
    const titles = (pack: RulePack): readonly string[] => [...pack.rules.values()].map(({ sigma }) => sigma.title);
    const before = titles(await keeper.open());
    const packs: RulePack[] = [];
    keeper.start(async (pack) => await Promise.resolve(void packs.push(pack)));
    const look = async (): Promise<readonly string[]> => {
      for (let times = 0; times < 3; times += 1) {
        await world.settle();
        await keeper.look();
      }
      return packs.slice(-1).flatMap(titles);
    };
    world.hide("linux");
    world.write("a.yml", rule(1, "other"));
    expect(await look()).toEqual(before);
    world.write("0.yml", rule(9, "three"));
    expect(await look()).toEqual(before);
    expect(packs.at(-1)?.rejected).toContainEqual(
      expect.objectContaining({ path: "0.yml", message: "name three is already used by Rule 3 in linux/c.yml" }),
    );
    world.show("linux");
    expect(await look()).toEqual(before);
    await keeper.stop();
  });
}
