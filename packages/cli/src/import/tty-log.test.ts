import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { World } from "../world.ts";
import { openInput, refuseTtyLog } from "./open-input.ts";
import { isTtyLog, ttyLogLines } from "./tty-log.ts";

type Part = Readonly<{ op?: number; direction?: number; ms: number; text?: string; length?: number }>;

/** As Cowrie packs it. */
function packed({ op = 3, direction = 1, ms, text = "", length = Buffer.byteLength(text) }: Part): Buffer {
  const header = Buffer.alloc(24);
  header.writeInt32LE(op, 0);
  header.writeInt32LE(length, 8);
  header.writeInt32LE(direction, 12);
  header.writeUInt32LE(1_772_359_200 + Math.floor(ms / 1_000), 16);
  header.writeUInt32LE((ms % 1_000) * 1_000, 20);
  return Buffer.concat([header, Buffer.from(text)]);
}
const opened = packed({ op: 1, direction: 0, ms: 0 });
const recording = Buffer.concat([
  opened,
  packed({ ms: 1_000, text: "C" }),
  packed({ direction: 2, ms: 1_001, text: "CANARY shown" }),
  packed({ ms: 1_120, text: "A" }),
  packed({ direction: 3, ms: 1_150, text: "CANARY executed" }),
  packed({ ms: 1_300, text: "CANARY pasted" }),
  packed({ op: 2, direction: 0, ms: 2_000 }),
]);

async function linesOf(bytes: Buffer, chunk = bytes.length): Promise<readonly unknown[]> {
  const lines: string[] = [];
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunk) yield await Promise.resolve(bytes.subarray(at, at + chunk));
  };
  for await (const line of ttyLogLines(chunks(), "/srv/tty/9f86d0")) lines.push(Buffer.from(line).toString());
  expect(lines.join("")).not.toMatch(/CANARY|shown/);
  return lines.map((line) => JSON.parse(line) as unknown);
}

describe("a recording of Cowrie", () => {
  const expected = [{ rec: "9f86d0", id: 1, pos: 1_000, time: 1_772_359_201, timing: "<1+120<1+180<13", closed: true }];

  test("becomes the times of its keys, without what was typed, shown or executed", async () => {
    expect(await linesOf(recording)).toEqual(expected);
  });

  test.each([1, 7, 24, 25])("is the same in pieces of %i bytes", async (chunk) => {
    expect(await linesOf(recording, chunk)).toEqual(expected);
  });

  test("is opened as one by how it begins, also among log files", async () => {
    const file = join(await mkdtemp(join(tmpdir(), "tyr-tty-")), "abc");
    await writeFile(file, recording);
    const world = { signal: new AbortController().signal } as World;
    const parts: Uint8Array[] = [];
    for await (const part of (await openInput(file, world)).chunks) parts.push(part);
    expect(JSON.parse(Buffer.concat(parts).toString())).toMatchObject({ rec: "abc", timing: "<1+120<1+180<13" });
    await expect(refuseTtyLog(file)).rejects.toThrow("is a recording of Cowrie");
    const stdin = (async function* () {
      yield await Promise.resolve(recording);
    })();
    await expect(openInput("-", { ...world, stdin } as unknown as World)).rejects.toThrow("is a recording of Cowrie");
    expect(isTtyLog(Buffer.from('{"eventid'))).toBe(false);
  });

  test("that is long is cut into several lines, of which the last says that it is over", async () => {
    const keys = Array.from({ length: 20_000 }, (_none, at) => packed({ ms: 100 * (at + 1), text: "x" }));
    const lines = await linesOf(Buffer.concat([opened, ...keys]));
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.map((line) => (line as { closed?: true }).closed)).toEqual([
      ...lines.slice(1).map(() => undefined),
      true,
    ]);
    expect(lines.map((line) => (line as { id: number }).id)).toEqual(lines.map((_line, at) => at + 1));
  });

  test.each([
    ["negative", Buffer.concat([packed({ ms: 1_400, length: -5 }), Buffer.alloc(200, 0x41)])],
    ["gigantic", Buffer.concat([packed({ ms: 1_400, length: 2 ** 31 - 1 }), Buffer.alloc(200, 0x41)])],
    ["cut off", packed({ ms: 1_400, text: "abc" }).subarray(0, 20)],
  ])("that goes on %s ends there", async (_name, more) => {
    expect(await linesOf(Buffer.concat([recording, more]))).toEqual(expected);
  });

  test("whose clock was set back has no negative times, and one without input says nothing", async () => {
    const back = Buffer.concat([opened, packed({ ms: 900, text: "a" }), packed({ ms: 300, text: "b" })]);
    expect(await linesOf(back)).toMatchObject([{ pos: 900, timing: "<1<1" }]);
    expect(await linesOf(Buffer.concat([opened, packed({ direction: 2, ms: 5, text: "x" })]))).toEqual([]);
  });
});
