import type { EventId } from "@tyr/contract";
import { toolsByCadence } from "./behaviour-class.ts";
import { endIdle, type Lasting, lastingAt } from "./idle.ts";
import { another, firstAt, type Intervals, variation } from "./intervals.ts";
import { atMs, defineLifter, type Emit, type LiftEvent, numberOf, serviceOf, textOf } from "./lifter.ts";

/** A rhythm is remembered over gaps of so long: slow beacons come a few times an hour. */
const IDLE_MS = 6 * 3_600_000;
/** Volumes are counted from the first event after such a gap. */
const VOLUME_GAP_MS = 1_800_000;
/** Events closer together than this are one contact: a single login is some five lines. */
const CONTACT_GAP_MS = 2_000;
/** Fewer contacts show no rhythm. */
const CONTACTS_MIN = 6;
const BEACON_JITTER_MAX = 0.15;
const BEACON_INTERVAL_MIN_S = 10;
const BYTES_OUT_MIN = 1_048_576;
const ROWS_READ_MIN = 10_000;
const BYTES_READ_MIN = 5 * 1_048_576;

/** Names senders use. */
const BYTES_OUT = ["bytes_out", "network.bytes_out", "bytes_sent"];
const ROWS_READ = ["rows_read", "rows_returned", "rows_sent", "row_count", "rows"];
const BYTES_READ = ["bytes_read", "bytes_returned", "response_bytes"];
/** What one takes along from a web server rather than looks at: dumps, archives, tables, backups. */
const DATA_FILE =
  /\.(?:sql|dump|bak|backup|zip|7z|rar|tar|tgz|tar\.gz|sql\.gz|gz|csv|xlsx|sqlite3?|db|mdb|pst|ova|vmdk)$/i;
const PATH_CHARS_MAX = 2_048;
const ADDRESS_CHARS_MAX = 64;

/** Events of one source with one service at one place. */
type Flow = Lasting &
  Readonly<{
    firstId: EventId;
    contacts: Intervals;
    /** Somebody guesses: the beat is that of their tries. */
    isRefused: boolean;
    volumeFromId: EventId;
    bytesOut: number;
    rowsRead: number;
    bytesRead: number;
    /** What was told of it already. */
    told: readonly string[];
  }>;

/** Bytes somebody got away with, as far as the source of the event says so. */
function bytesOutOf(event: LiftEvent): number {
  const named = numberOf(event, BYTES_OUT);
  if (named !== undefined || event.kind !== "http_request") return named ?? 0;
  const path = textOf(event, "url.path")?.slice(0, PATH_CHARS_MAX);
  if (path === undefined || !DATA_FILE.test(path) || textOf(event, "event.outcome") !== "success") return 0;
  return numberOf(event, ["http.response.bytes"]) ?? 0;
}

function begun(event: LiftEvent): Flow {
  return {
    ...lastingAt(event),
    firstId: event.id,
    contacts: firstAt(atMs(event)),
    isRefused: false,
    volumeFromId: event.id,
    bytesOut: 0,
    rowsRead: 0,
    bytesRead: 0,
    told: [],
  };
}

function next(before: Flow, event: LiftEvent): Flow {
  const at = atMs(event);
  const isAnew = at - before.lastMs > VOLUME_GAP_MS;
  const isQuery = event.kind === "db_query";
  const sum = (known: number, more: number): number => (isAnew ? 0 : known) + more;
  return {
    ...before,
    ...lastingAt(event, before),
    contacts: at - before.lastMs > CONTACT_GAP_MS ? another(before.contacts, at) : before.contacts,
    isRefused: before.isRefused || (event.kind === "auth_attempt" && textOf(event, "event.outcome") === "failure"),
    volumeFromId: isAnew ? event.id : before.volumeFromId,
    bytesOut: sum(before.bytesOut, bytesOutOf(event)),
    rowsRead: sum(before.rowsRead, isQuery ? (numberOf(event, ROWS_READ) ?? 0) : 0),
    bytesRead: sum(before.bytesRead, isQuery ? (numberOf(event, BYTES_READ) ?? 0) : 0),
    told: isAnew ? before.told.filter((name) => name === "beaconing") : before.told,
  };
}

type Found = Readonly<{
  name: "beaconing" | "exfiltration" | "mass_read";
  since: EventId;
  fields: Readonly<Record<string, number | readonly string[] | undefined>>;
}>;

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

function beaconOf({ contacts, firstId, isRefused }: Flow): Found | undefined {
  if (isRefused || contacts.count < CONTACTS_MIN - 1 || contacts.mean < BEACON_INTERVAL_MIN_S) return undefined;
  const jitter = variation(contacts);
  if (jitter > BEACON_JITTER_MAX) return undefined;
  const tools = toolsByCadence({ intervalS: contacts.mean, jitter });
  const fields = {
    "session.contact_count": contacts.count + 1,
    "session.beacon_interval_s": rounded(contacts.mean),
    "session.beacon_jitter": rounded(jitter),
    "session.tools_by_cadence": tools.length > 0 ? tools : undefined,
  };
  return { name: "beaconing", since: firstId, fields };
}

function foundIn(flow: Flow): readonly Found[] {
  const { bytesOut, rowsRead, bytesRead, volumeFromId: since } = flow;
  const beacon = beaconOf(flow);
  return [
    ...(beacon === undefined ? [] : [beacon]),
    ...(bytesOut >= BYTES_OUT_MIN
      ? [{ name: "exfiltration", since, fields: { "session.bytes_out": bytesOut } } as const]
      : []),
    ...(rowsRead >= ROWS_READ_MIN || bytesRead >= BYTES_READ_MIN
      ? [
          {
            name: "mass_read",
            since,
            fields: { "session.rows_read": rowsRead, "session.bytes_read": bytesRead },
          } as const,
        ]
      : []),
  ];
}

function tell({ name, since, fields }: Found, event: LiftEvent, emit: Emit): void {
  const destination = textOf(event, "destination.ip");
  emit.event({
    kind: "session",
    action: `session.${name}`,
    category: "session_behaviour",
    service: serviceOf(event),
    identity: [since, event.id],
    time: new Date(atMs(event)),
    src: event.src?.ip,
    user: event.user,
    session: textOf(event, "session.id"),
    from: [...new Set([since, event.id])],
    fields: {
      "session.scope": "flow",
      "session.behaviour": name,
      "session.service": serviceOf(event),
      "destination.ip": destination,
      "destination.port": numberOf(event, ["destination.port"]),
      ...fields,
    },
  });
}

/** What one source does with one service: a steady beat, and volumes nobody needs. Each is told as soon as it shows. */
export const flows = defineLifter<Flow>({
  name: "behaviour",
  version: 1,
  kinds: ["session", "auth_attempt", "network", "http_request", "db_query", "payload"],
  groupsMax: 50_000,
  lift(event, groups, emit) {
    endIdle(event, { groups, idleMs: IDLE_MS, end: () => undefined });
    const src = event.src?.ip;
    if (src === undefined) return;
    const place = textOf(event, "destination.ip")?.slice(0, ADDRESS_CHARS_MAX).toWellFormed() ?? event.sensorId;
    const key = `${src} ${place} ${numberOf(event, ["destination.port"]) ?? serviceOf(event)}`;
    const flow = next(groups.get(key) ?? begun(event), event);
    const found = foundIn(flow).filter(({ name }) => !flow.told.includes(name));
    for (const one of found) tell(one, event, emit);
    groups.set(key, event.sensorId, { ...flow, told: [...flow.told, ...found.map(({ name }) => name)] });
  },
});
