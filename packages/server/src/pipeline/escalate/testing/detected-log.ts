import { fileURLToPath } from "node:url";
import { createBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createCollect } from "#collect";
import { createDetect, loadRulePack } from "#detect";

const BY = { actor: { kind: "system", id: "test", name: "test" }, requestId: null } as const;
const RULES = loadRulePack(fileURLToPath(new URL("../../../../../../rules", import.meta.url)));

/** For tests: raw lines, taken in and evaluated as they are in the product. */
export async function detectLines(database: Database, lines: readonly string[], name = "gate"): Promise<void> {
  const deps = { database, clock: systemClock, bus: createBus(systemClock), log: silentLogger };
  await using collect = createCollect({ ...deps, intakeBytesMax: 64 * 1024 * 1024 });
  const created = await collect.sensors.create({ name, kind: "ssh" }, BY);
  if (!created.ok) throw new Error(created.refusal.detail);
  const body = Buffer.from(lines.join("\n"));
  const taken = await collect.intake({ sensor: created.value.sensor, by: BY, body, year: 2026, format: "auto" });
  if (!taken.ok) throw new Error(taken.refusal.detail);
  const detect = createDetect({ ...deps, rules: RULES });
  while ((await detect.progress()).lag > 0) await new Promise((resolve) => void setTimeout(resolve, 10));
  await detect.stop();
}

const two = (value: number): string => String(value).padStart(2, "0");
const clock = (at: number): string =>
  `${two(10 + Math.floor(at / 3600))}:${two(Math.floor(at / 60) % 60)}:${two(at % 60)}`;

export function failedLogin(at: number, ip: string, user = "root"): string {
  return `Feb  1 ${clock(at)} gate sshd[9]: Failed password for ${user} from ${ip} port 4000 ssh2`;
}

export function acceptedLogin(at: number, ip: string, user = "root"): string {
  return `Feb  1 ${clock(at)} gate sshd[9]: Accepted password for ${user} from ${ip} port 4000 ssh2`;
}

export function request(at: number, ip: string, target: string): string {
  return `${ip} - - [01/Feb/2026:${clock(at)} +0000] "GET ${target} HTTP/1.1" 404 153 "-" "Mozilla/5.0"`;
}

/** Some attackers with different stories, mixed. */
export function attackers(count: number): readonly string[] {
  const kinds = [failedLogin, (at: number, ip: string) => request(at, ip, `/a${at % 7}/.env`), acceptedLogin];
  return Array.from({ length: count }, (_, at) => {
    const kind = kinds[at % 23 === 0 ? 2 : at % 2] ?? failedLogin;
    return kind(at, `203.0.113.${at % 5}`);
  });
}
