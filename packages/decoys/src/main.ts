import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startTelnetLogin, type DecoyEvent } from "./telnet-login.ts";

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "2323" },
    hostname: { type: "string", default: "ubuntu" },
    out: { type: "string" },
  },
});
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`--port: "${values.port}" is not a port number`);
  process.exit(2);
}

/** One JSON line per event, to a file Tyr follows or to stdout. */
function emit(event: DecoyEvent): void {
  const line = `${JSON.stringify(event)}\n`;
  if (values.out === undefined) process.stdout.write(line);
  else appendFileSync(values.out, line, { mode: 0o600 });
}

const decoy = await startTelnetLogin({
  host: values.host,
  port,
  hostname: values.hostname,
  now: () => new Date(),
  emit,
});
console.error(`telnet login decoy on ${values.host}:${decoy.port}`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void decoy[Symbol.asyncDispose]());
