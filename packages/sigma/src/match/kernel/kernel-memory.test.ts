import fc from "fast-check";
import { expect, test } from "vitest";
import { KernelMemory, type LinearMemory, NoKernelMemory } from "./kernel-memory.ts";

const PAGE = 65_536;

function linearMemory(): LinearMemory {
  let buffer = new ArrayBuffer(PAGE);
  return {
    get buffer() {
      return buffer;
    },
    grow: (pages) => {
      const larger = new ArrayBuffer(buffer.byteLength + pages * PAGE);
      new Uint8Array(larger).set(new Uint8Array(buffer));
      buffer = larger;
      return buffer.byteLength / PAGE - pages;
    },
  };
}

test("blocks taken never overlap, keep what was written, and what is given back is taken again", () => {
  const step = fc.oneof(fc.record({ take: fc.integer({ min: 0, max: 200_000 }) }), fc.record({ give: fc.nat(20) }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const memory = new KernelMemory(linearMemory());
      const held: { at: number; bytes: number; mark: number }[] = [];
      let mark = 0;
      for (const one of steps) {
        if ("take" in one) {
          mark = (mark % 255) + 1;
          const at = memory.take(one.take);
          memory.bytes.fill(mark, at, at + one.take);
          held.push({ at, bytes: one.take, mark });
        } else {
          const [block] = held.splice(one.give, 1);
          if (block !== undefined) memory.give(block.at, block.bytes);
        }
        expect(held.every(({ at }) => at >= 4_096)).toBe(true);
        for (const { at, bytes, mark: written } of held)
          expect(memory.bytes.subarray(at, at + bytes).every((byte) => byte === written)).toBe(true);
      }
      for (const { at, bytes } of held) memory.give(at, bytes);
      const all = memory.bytes.length - 4_096;
      const size = memory.bytes.length;
      memory.take(all);
      expect(memory.bytes.length).toBe(size);
    }),
    { numRuns: 100 },
  );
});

test("a platform without more memory says so, and what was taken stands", () => {
  const buffer = new ArrayBuffer(PAGE);
  const refuse = (): number => {
    throw new RangeError("Maximum memory size exceeded");
  };
  const memory = new KernelMemory({ buffer, grow: refuse });
  const at = memory.take(1_000);
  expect(() => memory.take(PAGE)).toThrow(NoKernelMemory);
  memory.give(at, 1_000);
  expect(memory.take(1_000)).toBe(at);
});
