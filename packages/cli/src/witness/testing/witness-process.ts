import { setTimeout as sleep } from "node:timers/promises";
import { openDirectory, openKey } from "../key-file.ts";
import { readKnownLogs } from "../known-logs.ts";
import { lockDirectory } from "../lock-directory.ts";
import { memoryIn } from "../memory.ts";
import { openWitness } from "../witness.ts";

/**
 * For tests: a witness that answers requests from its standard input, one in base64 a line, until it is killed. Arguments:
 * directory, the log's key, and where to stop for good: after `keep`, after `publish`, or `never`. Prints what it
 * answered, or where it stopped.
 */
const [directory = "", vkey = "", stopAfter = "never"] = process.argv.slice(2);
await openDirectory(directory);
const cosigner = await openKey({ directory, now: Date.now });
if (cosigner === undefined) throw new Error("make a key first");
lockDirectory(directory);

const onDisk = memoryIn(directory);
async function stop(name: string): Promise<void> {
  if (stopAfter !== name) return;
  process.stdout.write(`stopped after ${name}\n`);
  await sleep(600_000);
}
const memory = {
  ...onDisk,
  keep: async (origin: string, signed: string): Promise<void> => {
    await onDisk.keep(origin, signed);
    await stop("keep");
  },
  publish: async (origin: string, cosigned: string): Promise<void> => {
    await onDisk.publish(origin, cosigned);
    await stop("publish");
  },
};
const witness = await openWitness({ directory, logs: await readKnownLogs([vkey]), cosigner, memory });
async function answer(line: string): Promise<void> {
  const { status, body } = await witness.add(Buffer.from(line, "base64"));
  process.stdout.write(`${JSON.stringify({ status, body, request: line })}\n`);
}
process.stdout.write("ready\n");
let rest = "";
process.stdin.setEncoding("utf8");
for await (const part of process.stdin as AsyncIterable<string>) {
  const lines = (rest + part).split("\n");
  rest = lines.pop() ?? "";
  // Not awaited: requests race as they do on the network.
  for (const line of lines) void answer(line);
}
