import { randomBytes } from "node:crypto";
import { ok, refuse, type Actor, type Refused, type Result, type Role } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import type { Database, Fact, WriteTransaction } from "#platform/database";
import { newId } from "#platform/ids";
import { anonymous } from "../caller.ts";
import { brokenPairs, keepDuties, underExceptions } from "../duties/keep-duties.ts";
import { lockDuties } from "../duties/store.ts";
import { hashPassword } from "../password-hash.ts";
import { newSession, sessionCreated, type NewSession, type Origin, type SignedIn } from "../sign-in.ts";
import {
  countAdministrators,
  findSubject,
  forgetDeadSessions,
  insertSession,
  insertSubject,
  lockAdministrators,
  lockUnchanged,
  updateSubject,
  type SubjectRow,
} from "../store.ts";
import { sessionView } from "../view.ts";
import { nameIn, rolesFor, shownBy, tooWeak, type Claims, type Provider } from "./provider.ts";
import { findProvisioned, isProvisioned } from "../provisioning/store.ts";
import { findLink, insertLink, putFederatedSession, touchLink, type Link } from "./store.ts";

export type AdmitDeps = Readonly<{ database: Database; clock: Clock }>;
export type Vouched = Readonly<{ provider: Provider; claims: Claims; provedAt: Date }>;

/** In the log a provider stands for itself: what it changes nobody here did. */
export function actorOf({ id, name }: Pick<Provider, "id" | "name">): Actor {
  return { kind: "system", id: `sso:${id}`, name };
}

type Reason =
  | "SSO_FAILED"
  | "SSO_UNKNOWN_USER"
  | "SSO_NO_ROLE"
  | "SSO_NAME_UNUSABLE"
  | "LAST_ADMINISTRATOR"
  | "DUTY_CONFLICT";
type Stop = Readonly<{ ok: false; code: Reason; why: string }>;
const stop = (code: Reason, why: string): Stop => ({ ok: false, code, why });

const SAID: Readonly<Record<Reason, string>> = {
  SSO_FAILED: "the sign-in was not accepted",
  SSO_UNKNOWN_USER: "no account here belongs to this person of the provider",
  SSO_NO_ROLE: "none of this person's groups at the provider gives a role here",
  SSO_NAME_UNUSABLE: "the provider gives no login name that can be used here",
  DUTY_CONFLICT: "this person's groups at the provider give roles that nobody may hold together",
  LAST_ADMINISTRATOR: "this would take the role from the last active administrator",
};

/** Logs why, tells what to do. A provider's own words reach neither. */
export async function refuseFederated(
  { database }: Pick<AdmitDeps, "database">,
  { provider, code, why }: Readonly<{ provider: Pick<Provider, "id">; code: Reason; why: string }>,
  origin: Origin,
): Promise<Refused> {
  const { requestId, address } = origin;
  const details = { reason: why, provider: provider.id, address };
  const object = { kind: "provider", id: provider.id };
  await database.audited(
    { type: "session.refused", actor: anonymous.actor, object, outcome: "refused", requestId, details },
    async () => undefined,
  );
  return refuse(code, SAID[code]);
}

type Admitted = Readonly<{ ok: true; subject: SubjectRow; session: NewSession; facts: readonly Fact[] }>;
/** `password`: a hash of what nobody knows, for an account that may have to be made. */
type Entry = Vouched & Readonly<{ origin: Origin; now: Date; password: string }>;
type Found = Readonly<{ ok: true; subject: SubjectRow; facts: readonly Fact[] }>;

function changed(entry: Entry, type: "user.created" | "user.changed", subject: SubjectRow): Fact {
  const { provider, origin } = entry;
  const object = { kind: "subject", id: subject.id };
  const details = { roles: subject.roles, provider: provider.id };
  return { type, actor: actorOf(provider), object, requestId: origin.requestId, after: "active", details };
}

type Keeping = Readonly<{ now: Date; of: string }>;

/** What the groups at a provider give is checked like what an administrator gives; its entry names the exceptions. */
async function kept(tx: WriteTransaction, keeping: Keeping, work: () => Promise<Found | Stop>): Promise<Found | Stop> {
  const done = await keepDuties(tx, keeping, async () => {
    const found = await work();
    return ok(found);
  });
  // Only the pairs: the log keeps reasons in clear, and who it is stands beside them as a personal value.
  if (!done.ok) return stop("DUTY_CONFLICT", `the groups give both sides of ${brokenPairs(done.refusal)}`);
  const { value: found, exceptions } = done.value;
  if (!found.ok) return found;
  const [first, ...rest] = found.facts;
  if (first === undefined) return found;
  return { ...found, facts: [{ ...first, details: { ...first.details, ...underExceptions(exceptions) } }, ...rest] };
}

function linkedFact({ provider, origin }: Entry, id: string): Fact {
  return {
    type: "identity.linked",
    actor: actorOf(provider),
    object: { kind: "subject", id },
    requestId: origin.requestId,
    after: "linked",
    details: { provider: provider.id },
  };
}

async function provision(tx: WriteTransaction, entry: Entry, roles: readonly Role[]): Promise<Found | Stop> {
  const { provider, claims, now } = entry;
  const name = nameIn(provider, claims);
  if (name === undefined) return stop("SSO_NAME_UNUSABLE", `the claim ${provider.nameClaim} is no login name`);
  const id = newId("subject", now);
  return await kept(tx, { now, of: id }, async () => await insertLinked(tx, entry, { id, name, roles }));
}

type NewPerson = Pick<SubjectRow, "id" | "name" | "roles">;

async function insertLinked(tx: WriteTransaction, entry: Entry, { id, name, roles }: NewPerson): Promise<Found | Stop> {
  const { claims, now, password } = entry;
  const made = { created_at: now, last_seen_at: now, password_stands_alone: true, password_until: null };
  const subject: SubjectRow = { id, name, password, roles, active: true, ...made };
  // A name that is taken is never taken over: whoever chooses names at the provider would choose whom to become here.
  if (!(await insertSubject(tx, subject))) return stop("SSO_NAME_UNUSABLE", "the login name is somebody else's here");
  await insertLink(tx, { issuer: claims.iss, subject: claims.sub, subject_id: id, linked_at: now, last_used_at: now });
  const linked = linkedFact(entry, id);
  return { ok: true, subject, facts: [changed(entry, "user.created", subject), linked] };
}

async function applyRoles(
  tx: WriteTransaction,
  entry: Entry,
  { subject, roles }: Readonly<{ subject: SubjectRow; roles: readonly Role[] }>,
): Promise<Found | Stop> {
  const after = { ...subject, roles };
  await updateSubject(tx, after);
  if (subject.roles.includes("admin") && (await countAdministrators(tx, "active")) === 0)
    return stop("LAST_ADMINISTRATOR", "the groups would leave no administrator");
  const fact = { ...changed(entry, "user.changed", after), before: `active: ${subject.roles.toSorted().join(", ")}` };
  return { ok: true, subject: after, facts: [{ ...fact, after: `active: ${roles.join(", ")}` }] };
}

type Linked = Readonly<{ link: Link | undefined; facts: readonly Fact[] }>;
const NOBODY: Linked = { link: undefined, facts: [] };

/** Somebody provisioned is linked at their first sign-in, by the claim that the settings name: an id, never a name or an e-mail address. */
async function linkProvisioned(tx: WriteTransaction, entry: Entry): Promise<Linked> {
  const { provider, claims, now } = entry;
  const { scimClaim } = provider;
  const externalId = scimClaim !== undefined && Object.hasOwn(claims, scimClaim) ? claims[scimClaim] : undefined;
  if (typeof externalId !== "string" || externalId === "") return NOBODY;
  const subject_id = await findProvisioned(tx, claims.iss, externalId);
  if (subject_id === undefined) return NOBODY;
  const link = { issuer: claims.iss, subject: claims.sub, subject_id, linked_at: now, last_used_at: now };
  await insertLink(tx, link);
  return { link, facts: [linkedFact(entry, subject_id)] };
}

/** The link there is, or the one that provisioning gives. */
async function linkOf(tx: WriteTransaction, entry: Entry): Promise<Linked> {
  const link = await findLink(tx, { issuer: entry.claims.iss, subject: entry.claims.sub });
  return link === undefined ? await linkProvisioned(tx, entry) : { link, facts: [] };
}

/** Whom a provider provisions it gives roles by its groups there, not by what a claim says at sign-in. */
async function claimsGovern(tx: WriteTransaction, { groupsClaim }: Provider, link: Link | undefined): Promise<boolean> {
  if (groupsClaim === undefined) return false;
  return link === undefined || !(await isProvisioned(tx, link));
}

/** Who this is here. Identity is issuer and subject; names and e-mail addresses can be given to somebody else. */
async function find(tx: WriteTransaction, entry: Entry): Promise<Found | Stop> {
  const { provider, claims, now } = entry;
  const roles = rolesFor(provider, claims);
  const place = { issuer: claims.iss, subject: claims.sub };
  const { link, facts } = await linkOf(tx, entry);
  const governs = await claimsGovern(tx, provider, link);
  if (link === undefined && !provider.autoProvision) return stop("SSO_UNKNOWN_USER", "not linked");
  if (governs && roles.length === 0) return stop("SSO_NO_ROLE", "no group is mapped");
  if (link === undefined) return await provision(tx, entry, roles);
  const known = await findSubject(tx, link.subject_id);
  const subject = known === undefined ? undefined : await lockUnchanged(tx, known);
  if (subject === undefined) return stop("SSO_FAILED", "disabled");
  await touchLink(tx, place, now);
  if (!governs || subject.roles.toSorted().join() === roles.join()) return { ok: true, subject, facts };
  return await kept(tx, { now, of: subject.id }, async () => await applyRoles(tx, entry, { subject, roles }));
}

async function open(tx: WriteTransaction, entry: Entry): Promise<Admitted | Stop> {
  await lockAdministrators(tx);
  // Before the row of the account is locked, as everywhere: two locks taken in two orders would wait for each other.
  await lockDuties(tx);
  const found = await find(tx, entry);
  if (!found.ok) return found;
  const { provider, claims, origin, now, provedAt } = entry;
  const { row, token } = newSession(found.subject.id, { ...origin, factor: `sso:${provider.id}` }, now);
  const session = { token, row: { ...row, proved_at: provedAt < now ? provedAt : now } };
  await forgetDeadSessions(tx, now);
  await insertSession(tx, session.row);
  await putFederatedSession(tx, row.id, claims);
  return { ok: true, subject: found.subject, session, facts: found.facts };
}

function createdThere({ subject, session }: Admitted, { origin, claims }: Entry): Fact {
  const fact = sessionCreated(subject, session, origin);
  return { ...fact, details: { ...fact.details, ...shownBy(claims) } };
}

/** Opens a session for whom a provider vouched, or says why not. One transaction: account, roles, session and log. */
export async function admit(deps: AdmitDeps, vouched: Vouched, origin: Origin): Promise<Result<SignedIn>> {
  const { provider, claims } = vouched;
  const weak = tooWeak(provider, claims);
  if (weak !== undefined) return await refuseFederated(deps, { provider, code: "SSO_FAILED", why: weak }, origin);
  const password = provider.autoProvision ? await hashPassword(randomBytes(32).toString("base64url")) : "";
  const entry: Entry = { ...vouched, origin, now: deps.clock.now(), password };
  const done = await deps.database.audited(
    (value: Admitted | Stop) => (value.ok ? [...value.facts, createdThere(value, entry)] : []),
    async (tx) => await open(tx, entry),
  );
  if (!done.ok) return await refuseFederated(deps, { provider, ...done }, origin);
  const { subject, session } = done;
  return ok({
    session: await sessionView(deps.database.read, { ...subject, last_seen_at: entry.now }, session.row),
    token: session.token,
  });
}
