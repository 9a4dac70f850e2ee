import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { World } from "../world.ts";
import { readParts } from "./list-parts.ts";

const world = { signal: new AbortController().signal } as World;

async function partsOf(bytes: Uint8Array | string): Promise<readonly { text: string; last: boolean }[]> {
  const file = join(mkdtempSync(join(tmpdir(), "tyr-list-")), "list");
  writeFileSync(file, bytes);
  const parts: { text: string; last: boolean }[] = [];
  for await (const { body, last } of readParts(file, world)) parts.push({ text: Buffer.from(body).toString(), last });
  return parts;
}

test("a small list is one part, gzipped or not, and an empty one too", async () => {
  expect(await partsOf("a\nb\n")).toEqual([{ text: "a\nb\n", last: true }]);
  expect(await partsOf(gzipSync("a\nb"))).toEqual([{ text: "a\nb", last: true }]);
  expect(await partsOf("")).toEqual([{ text: "", last: true }]);
});

test("a long list is cut between lines, nothing is lost, and only the last part says so", async () => {
  const line = `${"x".repeat(99)}\n`;
  const whole = line.repeat(30_000);
  for (const text of [whole, `${whole}the end`]) {
    const parts = await partsOf(text);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.map((part) => part.text).join("")).toBe(text);
    expect(parts.map(({ last }) => last)).toEqual([...parts.slice(1).map(() => false), true]);
    for (const part of parts.slice(0, -1)) expect(part.text.endsWith("\n")).toBe(true);
  }
});

test("JSON is never cut, and one that is too long is refused with what would do", async () => {
  const json = `[${JSON.stringify("y".repeat(2_000_000))}\n]`;
  expect(await partsOf(json)).toEqual([{ text: json, last: true }]);
  await expect(partsOf(`[${" ".repeat(9 * 1024 * 1024)}]`)).rejects.toThrow(/more than 8 MiB/);
});
