import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { workerData } from "node:worker_threads";

/** What the loop and its watchdog share: the number of the input in hand, its length, and its bytes. */
export type WatchdogData = Readonly<{ head: SharedArrayBuffer; bytes: SharedArrayBuffer; file: string }>;

/** An input that holds the loop longer than this is kept and the process ended: nothing else can stop it. */
const hangMs = 10_000;

const { head, bytes, file } = workerData as WatchdogData;
const numbers = new Int32Array(head);
let last = -1;
setInterval(() => {
  const current = Atomics.load(numbers, 0);
  if (current !== last || current === 0) {
    last = current;
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, new Uint8Array(bytes).slice(0, Atomics.load(numbers, 1)));
  console.error(`an input took longer than ${hangMs / 1000} s; it is kept as ${file}`);
  process.kill(process.pid, "SIGKILL");
}, hangMs);
