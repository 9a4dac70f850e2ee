import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const COMMAND_LIMIT_MS = 20_000;

/** What the lab needs beside Node; undefined when all of it is there. */
export function missingForLab(): string | undefined {
  if (process.getuid?.() !== 0) return "not root";
  for (const program of ["ip", "nft", "crowdsec-firewall-bouncer"]) {
    try {
      execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    } catch {
      return `no ${program}`;
    }
  }
  try {
    execFileSync("unshare", ["-n", "true"], { stdio: "ignore" });
  } catch {
    return "network namespaces are not allowed here";
  }
  return undefined;
}

/** Three places: this process (Tyr), a namespace to protect, and a namespace attackers come from. */
export type Lab = AsyncDisposable &
  Readonly<{
    /** Where Tyr listens, reachable from the protected namespace. */
    tyrAddress: string;
    service: Readonly<{ v4: string; v6: string; port: number }>;
    /** Tries a TCP connection to the service from one source address: `connected`, `timeout` or an error code. */
    connectFrom(source: string): Promise<string>;
    startBouncer(options: Readonly<{ apiUrl: string; key: string }>): void;
    /** Elements of the sets the bouncer made, as nft prints them. */
    ruleset(): Promise<string>;
    output(): string;
  }>;

const SERVICE_PORT = 8022;
const CONNECT_LIMIT_MS = 1_500;

const LISTENER = `require("net").createServer((s)=>s.end("hello\\n")).listen({port:${SERVICE_PORT},host:"::"},()=>console.log("listening"))`;
const CONNECT = `const [host,source]=process.argv.slice(1);const s=require("net").connect({host,port:${SERVICE_PORT},localAddress:source});
const end=(what)=>{process.stdout.write(what);process.exit(0)};setTimeout(()=>end("timeout"),${CONNECT_LIMIT_MS});
s.on("data",()=>end("connected"));s.on("error",(e)=>end(e.code??"error"))`;

function bouncerConfig({ apiUrl, key, dir }: Readonly<{ apiUrl: string; key: string; dir: string }>): string {
  return `mode: nftables
pid_dir: ${dir}
update_frequency: 1s
daemonize: false
log_mode: stdout
log_dir: ${dir}
log_level: info
api_url: ${apiUrl}
api_key: ${key}
disable_ipv6: false
deny_action: DROP
deny_log: false
supported_decisions_types:
  - ban
blacklists_ipv4: crowdsec-blacklists
blacklists_ipv6: crowdsec6-blacklists
nftables:
  ipv4:
    enabled: true
    set-only: false
    table: crowdsec
    chain: crowdsec-chain
  ipv6:
    enabled: true
    set-only: false
    table: crowdsec6
    chain: crowdsec6-chain
prometheus:
  enabled: false
  listen_addr: 127.0.0.1
  listen_port: 60601
`;
}

async function ip(...args: readonly string[]): Promise<void> {
  await run("ip", [...args], { timeout: COMMAND_LIMIT_MS });
}

type Names = Readonly<{ srv: string; atk: string; host: string; subnet: string }>;

async function link(names: Names, attackers: readonly string[]): Promise<void> {
  const { srv, atk, host, subnet } = names;
  for (const namespace of [srv, atk]) {
    await ip("netns", "add", namespace);
    await ip("-n", namespace, "link", "set", "lo", "up");
  }
  await ip("link", "add", host, "type", "veth", "peer", "name", "up0", "netns", srv);
  await ip("addr", "add", `${subnet}.1/30`, "dev", host);
  await ip("link", "set", host, "up");
  await ip("-n", srv, "addr", "add", `${subnet}.2/30`, "dev", "up0");
  await ip("-n", srv, "link", "set", "up0", "up");
  await ip("-n", srv, "link", "add", "wan0", "type", "veth", "peer", "name", "eth0", "netns", atk);
  await ip("-n", srv, "addr", "add", "198.51.100.1/24", "dev", "wan0");
  await ip("-n", srv, "-6", "addr", "add", "2001:db8:77::1/64", "dev", "wan0", "nodad");
  await ip("-n", srv, "link", "set", "wan0", "up");
  for (const address of attackers) {
    const isV6 = address.includes(":");
    const rest = isV6
      ? ["-6", "addr", "add", `${address}/64`, "dev", "eth0", "nodad"]
      : ["addr", "add", `${address}/24`, "dev", "eth0"];
    await ip("-n", atk, ...rest);
  }
  await ip("-n", atk, "link", "set", "eth0", "up");
}

async function ready(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error("the service did not start")), COMMAND_LIMIT_MS);
    child.stdout?.once("data", () => {
      clearTimeout(limit);
      resolve();
    });
    child.once("exit", (code) => reject(new Error(`the service ended with ${code}`)));
  });
}

/** Builds the lab; disposing it ends its processes and removes its namespaces, whatever happened. */
export async function openLab(attackers: readonly string[]): Promise<Lab> {
  const tag = String(process.pid % 100_000);
  const names: Names = {
    srv: `tyr-s${tag}`,
    atk: `tyr-a${tag}`,
    host: `tyrh${tag}`,
    subnet: `10.231.${process.pid % 250}`,
  };
  const dir = mkdtempSync(join(tmpdir(), "tyr-lab-"));
  const children: ChildProcess[] = [];
  let output = "";
  const inside = (namespace: string, command: readonly string[]): ChildProcess => {
    const child = spawn("ip", ["netns", "exec", namespace, ...command], { stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (data: Buffer) => void (output += data.toString()));
    return child;
  };
  const dispose = async (): Promise<void> => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((resolve) => void child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
    for (const namespace of [names.srv, names.atk]) await ip("netns", "del", namespace).catch(() => undefined);
    await ip("link", "del", names.host).catch(() => undefined);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await link(names, attackers);
    await ready(inside(names.srv, [process.execPath, "-e", LISTENER]));
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    tyrAddress: `${names.subnet}.1`,
    service: { v4: "198.51.100.1", v6: "2001:db8:77::1", port: SERVICE_PORT },
    async connectFrom(source) {
      const host = source.includes(":") ? "2001:db8:77::1" : "198.51.100.1";
      const command = ["netns", "exec", names.atk, process.execPath, "-e", CONNECT, "--", host, source];
      const { stdout } = await run("ip", command, { timeout: COMMAND_LIMIT_MS });
      return stdout;
    },
    startBouncer({ apiUrl, key }) {
      const config = join(dir, "bouncer.yaml");
      writeFileSync(config, bouncerConfig({ apiUrl, key, dir }), { mode: 0o600 });
      inside(names.srv, ["crowdsec-firewall-bouncer", "-c", config]);
    },
    async ruleset() {
      const { stdout } = await run("ip", ["netns", "exec", names.srv, "nft", "list", "ruleset"], {
        timeout: COMMAND_LIMIT_MS,
      });
      return stdout;
    },
    output: () => output,
    [Symbol.asyncDispose]: dispose,
  };
}
