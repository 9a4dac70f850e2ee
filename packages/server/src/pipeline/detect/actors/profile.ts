import { PROFILE_PRIMITIVES, type ProfilePrimitive } from "@tyr/contract";
import {
  AGREEING_MIN,
  confidenceOfSeveral,
  stateOfHashes,
  stateOfLikes,
  stateOfNames,
  stateOfNumbers,
  WINDOW,
  type Judged,
  type Seen,
} from "./profile-state.ts";
import { isLikeRhythm } from "./rhythm-bands.ts";

/** What one session at a sensor showed: of each the smallest value, so that the order of its events changes nothing. */
type SessionSeen = {
  id: string;
  atMs: number;
  hassh: string | null;
  ja3: string | null;
  client: string | null;
  /** The smallest keyed hash of what was tried: two lists of the same words share it. */
  secret: string | null;
  asn: string | null;
};
/** The rhythm of one stretch of a recorded terminal. */
export type RhythmSeen = Readonly<{ id: string; atMs: number; hash: string | null; meanMs: number | null }>;
/** The newest sessions and rhythms of an address. */
export type Profile = { sessions: SessionSeen[]; rhythms: RhythmSeen[] };

/** Of each list, per address: more than the window, as others' sessions come between. */
const KEPT_MAX = 8;

export function emptyProfile(): Profile {
  return { sessions: [], rhythms: [] };
}

type Dated = Readonly<{ id: string; atMs: number }>;
const byTime = (a: Dated, b: Dated): number => a.atMs - b.atMs || (a.id < b.id ? -1 : 1);

function keepNewest<T extends Dated>(list: T[], one: T): void {
  list.push(one);
  list.sort(byTime);
  if (list.length > KEPT_MAX) list.shift();
}

type Shown = Readonly<{ [Name in "hassh" | "ja3" | "client" | "secret" | "asn"]?: string | null | undefined }>;

const lesser = (a: string | null, b: string | null | undefined): string | null =>
  a === null || (b !== null && b !== undefined && b < a) ? (b ?? a) : a;

/** A session is kept from the first event on that shows something of its hands. */
export function keepSession(profile: Profile, session: Dated, shown: Shown): void {
  const known = profile.sessions.find(({ id }) => id === session.id);
  const { hassh = null, ja3 = null, client = null, secret = null, asn = null } = shown;
  if (known === undefined) {
    if (hassh === null && ja3 === null && client === null && secret === null) return;
    keepNewest(profile.sessions, { ...session, hassh, ja3, client, secret, asn });
    return;
  }
  known.hassh = lesser(known.hassh, hassh);
  known.ja3 = lesser(known.ja3, ja3);
  known.client = lesser(known.client, client);
  known.secret = lesser(known.secret, secret);
  known.asn = lesser(known.asn, asn);
}

/** @returns whether it is new */
export function keepRhythm(profile: Profile, rhythm: RhythmSeen): boolean {
  if (profile.rhythms.some(({ id }) => id === rhythm.id)) return false;
  keepNewest(profile.rhythms, rhythm);
  return true;
}

/** How stable one thing stays; `value` is the newest, where it may be shown. */
export type ProfileRow = Judged &
  Readonly<{ primitive: ProfilePrimitive; observations: number; value: string | null; newestMs: number }>;

const HOUR_MS = 3_600_000;
const PARTS_OF_DAY = ["00-06", "06-12", "12-18", "18-24"] as const;

/** Coordinated universal time: where somebody lives is not known. */
function partOfDay(atMs: number): string {
  const hour = Math.floor(atMs / HOUR_MS) % 24;
  return PARTS_OF_DAY[Math.floor(hour / 6)] ?? PARTS_OF_DAY[0];
}

function seenIn<T extends Dated, V>(list: readonly T[], of: (one: T) => V | null): readonly Seen<V>[] {
  return list.flatMap((one) => {
    const value = of(one);
    return value === null ? [] : [{ atMs: one.atMs, value }];
  });
}

type Lists = Readonly<{ sessions: readonly SessionSeen[]; rhythms: readonly RhythmSeen[] }>;
type Judge = (lists: Lists) => Readonly<{ judged: Judged; seen: readonly Seen<string | number>[]; isShown: boolean }>;

function judging<V extends string | number>(
  read: (lists: Lists) => readonly Seen<V>[],
  judge: (seen: readonly Seen<V>[]) => Judged,
  isShown = true,
): Judge {
  return (lists) => {
    const seen = read(lists);
    return { judged: judge(seen), seen, isShown };
  };
}

const JUDGES: Readonly<Record<ProfilePrimitive, Judge>> = {
  hassh: judging(({ sessions }) => seenIn(sessions, ({ hassh }) => hassh), stateOfHashes),
  ja3: judging(({ sessions }) => seenIn(sessions, ({ ja3 }) => ja3), stateOfHashes),
  client_version: judging(({ sessions }) => seenIn(sessions, ({ client }) => client), stateOfNames),
  credentials: judging(({ sessions }) => seenIn(sessions, ({ secret }) => secret), stateOfNames, false),
  network: judging(({ sessions }) => seenIn(sessions, ({ asn }) => asn), stateOfNames),
  active_hours: judging(({ sessions }) => seenIn(sessions, ({ atMs }) => partOfDay(atMs)), stateOfNames),
  keystroke_rhythm: judging(
    ({ rhythms }) => seenIn(rhythms, ({ hash }) => hash),
    (seen) => stateOfLikes(seen, isLikeRhythm),
    false,
  ),
  keystroke_interval: judging(({ rhythms }) => seenIn(rhythms, ({ meanMs }) => meanMs), stateOfNumbers),
};

/** The profile of an identity: that of all its addresses, in the order of time. */
export function profileOf(addresses: readonly Profile[]): readonly ProfileRow[] {
  const lists: Lists = {
    sessions: addresses.flatMap(({ sessions }) => sessions).toSorted(byTime),
    rhythms: addresses.flatMap(({ rhythms }) => rhythms).toSorted(byTime),
  };
  const rows = PROFILE_PRIMITIVES.flatMap((primitive): ProfileRow[] => {
    const { judged, seen, isShown } = JUDGES[primitive](lists);
    const newest = seen.at(-1);
    if (newest === undefined) return [];
    const observations = Math.min(seen.length, WINDOW);
    const value = isShown ? String(newest.value) : null;
    return [{ primitive, ...judged, observations, value, newestMs: newest.atMs }];
  });
  const agreeing = severalIn(rows).length;
  return rows.map((row) => (row.state === "multi_actor" ? { ...row, confidence: confidenceOfSeveral(agreeing) } : row));
}

/** The primitives that say several people are behind it. */
export function severalIn(rows: readonly Pick<ProfileRow, "state" | "primitive">[]): readonly ProfilePrimitive[] {
  return rows.filter(({ state }) => state === "multi_actor").map(({ primitive }) => primitive);
}

/** Whether several people behind an identity are to be told of, as they were not before. */
export function isSeveralNow(before: readonly ProfilePrimitive[], after: readonly ProfilePrimitive[]): boolean {
  return before.length < AGREEING_MIN && after.length >= AGREEING_MIN;
}
