import fc from "fast-check";
import { expect, test } from "vitest";
import { PackingSpace, unpack } from "./line-batch.ts";

test("a batch comes out of shared memory as it went in, also out of memory that is used again", () => {
  const line = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(5));
  const space = new PackingSpace();
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (entries) => {
      const lines = entries.map(([bytes]) => bytes);
      const packed = space.pack({ lines, logsources: entries.map(([, index]) => index) });
      const reader = unpack(packed, new Uint8Array(packed.byteLength + 7).fill(255));
      const read = Array.from({ length: reader.count }, (_, at) => [reader.line(at), reader.logsource(at)]);
      expect(read).toEqual(entries);
      space.release(packed);
    }),
  );
});
