import type { EventId } from "@tyr/contract";
import type { Groups } from "./groups.ts";
import { endIdle, type Lasting, lastingAt } from "./idle.ts";
import { atMs, defineLifter, type Emit, type LiftEvent, numberOf, textOf } from "./lifter.ts";

/** A mail program stays connected for a day; a number that comes back later is another connection's. */
const IDLE_MS = 86_400_000;
const NAME_CHARS_MAX = 128;

/** Who began a session, by the first of the lines it is told in. */
type Begun = Lasting & Readonly<{ src: string; user: string | null; from: EventId }>;

/** What begins a session, and what that is called later in it. */
const BEGIN: Readonly<Record<string, string>> = { "mail.session_begun": "mail", "ldap.connect": "ldap" };
const GOES_ON: Readonly<Record<string, string>> = { "mail.session_ended": "mail", "ldap.asked": "ldap" };

/** Numbers and names of sessions are unique to a service of one host, not beyond. */
function keyOf(event: LiftEvent, of: string): string | undefined {
  const session = textOf(event, "session.id");
  const place = [event.sensorId, textOf(event, "host.name") ?? "", session?.slice(0, NAME_CHARS_MAX).toWellFormed()];
  return session === undefined ? undefined : `${of} ${JSON.stringify(place)}`;
}

type Second = Readonly<{ event: LiftEvent; begun: Begun; emit: Emit }>;

function tell({ event, begun, emit }: Second): void {
  const about = {
    kind: "log",
    identity: [event.id],
    time: new Date(atMs(event)),
    src: begun.src,
    session: textOf(event, "session.id") ?? null,
    user: event.user ?? begun.user,
    from: [begun.from, event.id],
  } as const;
  const bytes = numberOf(event, ["mail.bytes_fetched"]);
  if (bytes !== undefined) {
    const fields = { "mail.bytes_fetched": bytes, "service.type": "mail" };
    emit.event({ ...about, action: "mail.fetched", category: "mail", service: "dovecot", outcome: "success", fields });
  }
  const filter = textOf(event, "ldap.filter");
  if (filter !== undefined) {
    const fields = { "ldap.filter": filter, "ldap.base": textOf(event, "ldap.base") };
    emit.event({ ...about, action: "ldap.search", category: "log", service: "ldap", fields });
  }
}

function takeFirst(event: LiftEvent, of: string, groups: Groups<Begun>): void {
  const [key, src] = [keyOf(event, of), event.src?.ip];
  if (key === undefined || src === undefined) return;
  groups.set(key, event.sensorId, { ...lastingAt(event), src, user: event.user, from: event.id });
}

/**
 * Deeds of which one line has the address and another what was done, tied by the name of the session: what a client of Dovecot
 * fetched, what a client of OpenLDAP looked for. A line whose other half never came is left as it is.
 */
export const halves = defineLifter<Begun>({
  name: "halves",
  version: 1,
  kinds: ["log"],
  groupsMax: 20_000,
  lift(event, groups, emit) {
    const action = String(event.ecs["event.action"]);
    const first = Object.hasOwn(BEGIN, action) ? BEGIN[action] : undefined;
    const second = Object.hasOwn(GOES_ON, action) ? GOES_ON[action] : undefined;
    if (first === undefined && second === undefined) return;
    endIdle(event, { groups, idleMs: IDLE_MS, end: () => undefined });
    if (first !== undefined) takeFirst(event, first, groups);
    const key = second === undefined ? undefined : keyOf(event, second);
    const begun = key === undefined ? undefined : groups.get(key);
    if (key === undefined || begun === undefined) return;
    tell({ event, begun, emit });
    if (second === "mail") groups.delete(key);
    else groups.set(key, event.sensorId, { ...begun, ...lastingAt(event, begun) });
  },
});
