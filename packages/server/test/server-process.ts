import { newKeyOf } from "../src/pipeline/respond/testing/sign-as.ts";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient, type Client, type Role, type SubjectId } from "@tyr/contract";
import { serverEnvironment, serverFlags } from "../../cli/bin/server-memory.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const node = join(root, "node_modules/.bin/node");

export type ServerProcess = AsyncDisposable &
  Readonly<{
    url: string;
    pid: number;
    setupToken: string | undefined;
    readyMs: number;
    output: () => string;
    kill: () => Promise<void>;
    stop: () => Promise<number | null>;
    rssBytes: () => number;
    rssPeakBytes: () => number;
    cpuSeconds: () => number;
  }>;

export type StartOptions = Readonly<{
  dataDir: string;
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
}>;

const READY = /is ready on (http:\S+)/;
const READY_LIMIT_MS = 60_000;

/** The real program in a process of its own, as `npm start` runs it, on a port of its own. */
export async function startServer({ dataDir, args = [], env = {} }: StartOptions): Promise<ServerProcess> {
  const began = performance.now();
  const child = spawn(
    node,
    [
      "--conditions=@tyr/source",
      ...serverFlags(process.env),
      join(root, "packages/server/src/main.ts"),
      "--port",
      "0",
      "--data-dir",
      dataDir,
      ...args,
    ],
    {
      env: { ...serverEnvironment(process.env), TYR_LOG_LEVEL: "warn", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => void (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => void (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => void child.once("exit", (code) => resolve(code)));
  const url = await readyUrl(child, () => output);
  return {
    url,
    pid: child.pid ?? 0,
    setupToken: /#token=(\S+)/.exec(output)?.[1],
    readyMs: performance.now() - began,
    output: () => output,
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    async stop() {
      child.kill("SIGTERM");
      return await exited;
    },
    /** Resident memory of the process and its threads, from the kernel. */
    rssBytes: () => kernelBytes(child, "VmRSS"),
    /** The highest since its start. */
    rssPeakBytes: () => kernelBytes(child, "VmHWM"),
    /** User and system time of all threads; the kernel counts it in hundredths (proc(5)). */
    cpuSeconds: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ");
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function kernelBytes(child: ChildProcess, name: string): number {
  const line = new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${child.pid}/status`, "utf8"));
  return Number(line?.[1] ?? 0) * 1024;
}

async function readyUrl(child: ChildProcess, output: () => string): Promise<string> {
  const limit = Date.now() + READY_LIMIT_MS;
  for (;;) {
    const url = READY.exec(output())?.[1];
    if (url !== undefined) return url.replace(/\/$/, "");
    if (child.exitCode !== null || Date.now() > limit) throw new Error(`the server did not get ready:\n${output()}`);
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}

export function temporaryDirectory(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "tyr-journey-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export const PASSWORD = "the kettle sang at noon";
/** What administrators give away: good for choosing one's own. */
const FIRST_PASSWORD = "given away on the phone";

/** A client signed in with a token, as the command line does it. */
export function clientOf(url: string, token?: string): Client {
  return createClient({
    baseUrl: url,
    headers: () => (token === undefined ? {} : { authorization: `Bearer ${token}` }),
    timeoutMs: 60_000,
  });
}

export async function login(url: string, name: string): Promise<Client> {
  const { token } = await clientOf(url).call("session.login", { body: { name, password: PASSWORD, token: true } });
  return clientOf(url, token);
}

/** The first administrator, made with the printed link. */
export async function setUp(server: Pick<ServerProcess, "url" | "setupToken">): Promise<Client> {
  await clientOf(server.url).call("setup.complete", {
    body: { token: server.setupToken ?? "", name: "alice", password: PASSWORD },
  });
  return await login(server.url, "alice");
}

type NewUser = Readonly<{ name: string; roles: Role[]; headers?: Readonly<Record<string, string>> }>;

/** Makes somebody, who signs in and chooses `PASSWORD` instead of the first one. @returns their id and their session's token */
export async function makeUser(
  admin: Client,
  url: string,
  { headers = {}, ...user }: NewUser,
): Promise<Readonly<{ id: SubjectId; token: string }>> {
  const { name } = user;
  const { id } = await admin.call("user.create", { body: { ...user, password: FIRST_PASSWORD } });
  const body = { name, password: FIRST_PASSWORD, token: true };
  const { token = "" } = await clientOf(url).call("session.login", { body }, { headers });
  const own = clientOf(url, token);
  await own.call("account.changePassword", { body: { current: FIRST_PASSWORD, password: PASSWORD } });
  // Nobody is asked to approve who has nothing to sign with.
  const decides = user.roles.some((role) => role === "approver" || role === "security_manager");
  if (decides) await own.call("approvalKey.add", { body: newKeyOf(id, "the first").body });
  return { id, token };
}

export async function addUser(admin: Client, url: string, user: NewUser): Promise<Client> {
  return clientOf(url, (await makeUser(admin, url, user)).token);
}

/** The ladder of attackers looks where a silence is: seconds after all else is done. */
const LOOK_CONSUMER = "actors.look";

/** Waits until every consumer has read to the head of its stream; for that look only those who compare what it tells. */
export async function settled(
  client: Client,
  { limitMs = 60_000, withLook = false }: Readonly<{ limitMs?: number; withLook?: boolean }> = {},
): Promise<void> {
  const limit = Date.now() + limitMs;
  for (;;) {
    const { pipeline, imports } = await client.call("status.get", {});
    const awaited = pipeline.filter(({ consumer }) => withLook || consumer !== LOOK_CONSUMER);
    if (awaited.every((one) => one.lag === 0) && imports.every((one) => one.state !== "running")) return;
    if (Date.now() > limit) throw new Error(`the pipeline did not settle: ${JSON.stringify(pipeline)}`);
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
}
