import { once } from "node:events";
import { isIPv6, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { isExposed } from "../configuration.ts";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { badConfiguration, usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import { openDirectory, openKey } from "../witness/key-file.ts";
import { readKnownLogs } from "../witness/known-logs.ts";
import { lockDirectory } from "../witness/lock-directory.ts";
import { readTls } from "../witness/read-tls.ts";
import { witnessServer } from "../witness/serve-witness.ts";
import { openWitness } from "../witness/witness.ts";

const PORT = 8971;
const PER_MINUTE = 60;
/** Answers on their way when a stop is asked for. */
const STOP_MS = 3_000;

/** Runs a witness until it is stopped. Needs no database and no server: a directory, a key and the keys of the logs. */
export const serve: Run = async ({ print, world }, input) => {
  const directory = input.required("dir");
  const logs = await readKnownLogs(input.texts("log"));
  const host = input.text("host") ?? "127.0.0.1";
  const port = input.whole("port", { min: 0, max: 65_535 }) ?? PORT;
  const tls = await readTls({ cert: input.text("tls-cert"), key: input.text("tls-key") });
  if (tls === undefined && !input.flag("allow-cleartext") && isExposed(`http://${isIPv6(host) ? `[${host}]` : host}`))
    throw usage(
      `${visible(host)} is reached from other machines, which could not tell who answers`,
      "Give it a certificate with --tls-cert and --tls-key, or say --allow-cleartext when a proxy before it has one.",
    );
  const perMinute = input.whole("rate", { min: 1, max: 1_000_000 }) ?? PER_MINUTE;
  await openDirectory(directory);
  const cosigner = await openKey({ directory, now: world.now });
  if (cosigner === undefined)
    throw usage(
      `there is no key in ${visible(directory)}`,
      `Make one: tyr witness key --dir ${visible(directory)} --name witness.example/audit`,
    );
  const unlock = lockDirectory(directory);
  try {
    const witness = await openWitness({ directory, logs, cosigner });
    const say = (line: string): void => print.say(`${new Date(world.now()).toISOString()} ${line}`);
    const server = witnessServer({ witness, perMinute, say, now: world.now, tls });
    server.listen(port, host);
    await once(server, "listening").catch((cause: Error) => {
      throw badConfiguration(`${host} port ${port} cannot be listened on: ${cause.message}`, "Choose another --port.");
    });
    const address = server.address() as AddressInfo;
    say(`witness ${visible(cosigner.name)} listens on ${address.address} port ${address.port}, key ${cosigner.vkey}`);
    for (const origin of logs.keys())
      say(`serves ${visible(origin)}, cosigned up to ${witness.sizes().get(origin) ?? "nothing yet"}`);
    if (!world.signal.aborted) await once(world.signal, "abort");
    server.close();
    server.closeIdleConnections();
    await Promise.race([once(server, "close"), sleep(STOP_MS, undefined, { ref: false })]);
    server.closeAllConnections();
    await witness.rest();
    say("stopped");
    return EXIT.ok;
  } finally {
    unlock();
  }
};
