import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchKey } from "./batch-key.ts";
import { BATCH_BYTES_MAX, BATCH_LINES_MAX, LineBatcher, type Batch } from "./line-batcher.ts";

function batchesOf(bytes: Uint8Array, cuts: readonly number[] = []): { batches: Batch[]; cutLines: number } {
  const batcher = new LineBatcher();
  const batches: Batch[] = [];
  let from = 0;
  for (const cut of [...cuts.map((one) => one % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]) {
    batches.push(...batcher.push(bytes.subarray(from, cut)));
    from = cut;
  }
  const last = batcher.flush(true);
  return { batches: last === undefined ? batches : [...batches, last], cutLines: batcher.cutLines };
}

const textOf = (batch: Batch | undefined): string => Buffer.from(batch?.bytes ?? []).toString("latin1");
const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

describe("batches of an import", () => {
  test("hold at most a thousand lines and number the first of them", () => {
    const { batches } = batchesOf(bytes("x\n".repeat(2500)));
    expect(batches.map(({ lines, firstLine, endOffset }) => [lines, firstLine, endOffset])).toEqual([
      [1000, 1, 2000],
      [1000, 1001, 4000],
      [500, 2001, 5000],
    ]);
  });

  test("hold at most one mebibyte", () => {
    const { batches, cutLines } = batchesOf(bytes(`${"y".repeat(300_000)}\n`.repeat(7)));
    expect(batches.every((batch) => batch.bytes.length <= BATCH_BYTES_MAX)).toBe(true);
    expect([batches.map(({ lines }) => lines), cutLines]).toEqual([[3, 3, 1], 0]);
  });

  test("end a last line that has no line feed", () => {
    expect(batchesOf(bytes("a\nb")).batches.map(textOf)).toEqual(["a\nb\n"]);
    expect(batchesOf(bytes("")).batches).toEqual([]);
  });

  test("cut a line longer than a batch, count it, and go on with the next", () => {
    const { batches, cutLines } = batchesOf(bytes(`first\n${"z".repeat(3 * BATCH_BYTES_MAX)}\nlast\n`));
    expect(cutLines).toBe(1);
    expect(batches.map(({ lines }) => lines)).toEqual([1, 1, 1]);
    expect(batches[1]?.bytes.length).toBe(BATCH_BYTES_MAX);
    expect([textOf(batches[0]), textOf(batches[2])]).toEqual(["first\n", "last\n"]);
    expect(batches[2]?.endOffset).toBe(6 + 3 * BATCH_BYTES_MAX + 1 + 5);
  });

  test("keep no more than a batch of a line that never ends", () => {
    const batcher = new LineBatcher();
    for (let at = 0; at < 40; at += 1) expect(batcher.push(Buffer.alloc(256 * 1024, 0x41))).toEqual([]);
    expect(batcher.flush(true)?.bytes.length).toBe(BATCH_BYTES_MAX);
  });

  test("are the same however the stream was cut into chunks", () => {
    const line = fc.string({ unit: fc.constantFrom("a", "\r", "\u0000", "é"), maxLength: 30 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.array(fc.nat(), { maxLength: 8 }), (lines, cuts) => {
        const source = Buffer.from(lines.join("\n"));
        expect(batchesOf(source, cuts)).toEqual(batchesOf(source));
        const joined = batchesOf(source, cuts)
          .batches.map((batch) => Buffer.from(batch.bytes).toString())
          .join("");
        expect(joined).toBe(
          source.length === 0 || source.at(-1) === 0x0a ? source.toString() : `${source.toString()}\n`,
        );
      }),
    );
  });

  test("count as many lines as there are, across batches", () => {
    const { batches } = batchesOf(bytes("l\n".repeat(BATCH_LINES_MAX * 2 + 1)), [3, 500, 2001]);
    expect(batches.map(({ firstLine }) => firstLine)).toEqual([1, 1001, 2001]);
  });
});

describe("the idempotency key of a batch", () => {
  const target = { sensorId: "snr_1", format: "sshd", year: 2025 as number | undefined };
  const first = batchesOf(bytes("a\n".repeat(1500))).batches;
  const keyOf = (at: number, over: Partial<typeof target> = {}): string => {
    const batch = first[at];
    if (batch === undefined) throw new Error("no batch");
    return batchKey(batch, { ...target, ...over });
  };

  test("is 64 hex digits and repeats for the same source", () => {
    expect(keyOf(0)).toMatch(/^[0-9a-f]{64}$/);
    const again = batchesOf(bytes("a\n".repeat(1500)), [7]).batches[0];
    expect(again === undefined ? "" : batchKey(again, target)).toBe(keyOf(0));
  });

  test("differs by place, sensor, format and year: a second import with the right year is not answered by the first", () => {
    const keys = [
      keyOf(0),
      keyOf(1),
      keyOf(0, { sensorId: "snr_2" }),
      keyOf(0, { format: "auto" }),
      keyOf(0, { year: 2024 }),
      keyOf(0, { year: undefined }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("stays for the batches a log had before it grew", () => {
    const grown = batchesOf(bytes(`${"a\n".repeat(1500)}b\n`)).batches[0];
    expect(grown === undefined ? "" : batchKey(grown, target)).toBe(keyOf(0));
  });
});
