import { parentPort, workerData } from "node:worker_threads";
import { serveMatches } from "../serve-matches.ts";

/** What befalls a worker when a line it is given holds some text; `throwAbove`: when a batch has more bytes. */
export type Mishap = Readonly<{ dieAt?: string; hangAt?: string; lieAt?: string; throwAbove?: number }>;

const { dieAt, hangAt, lieAt, throwAbove = Infinity } = (workerData ?? {}) as Mishap;
const latin1 = new TextDecoder("latin1");

/** Runs before the worker's own listener and sees the batch it is about to work on. */
function meddle(text: string): void {
  const holds = (mark: string | undefined): boolean => mark !== undefined && text.includes(mark);
  if (holds(dieAt)) process.exit(9);
  while (holds(hangAt));
  if (holds(lieAt)) parentPort?.postMessage({ kind: "answer", id: -1 });
}

parentPort?.on("message", (message: { packed?: { buffer: ArrayBufferLike; byteLength: number } }) => {
  if (message.packed !== undefined)
    meddle(latin1.decode(new Uint8Array(message.packed.buffer, 0, message.packed.byteLength)));
});
const allocate = (size: number): Uint8Array => {
  if (size > throwAbove) throw new Error("a worker of this test has no memory");
  return Buffer.allocUnsafeSlow(size);
};
if (parentPort !== null) serveMatches(parentPort, { allocate });
