import { createHmac } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type {
  Actor,
  AuditEntry,
  AuditEvent,
  CallInput,
  Client,
  OutputOf,
  Role,
  RouteId,
  Session,
  SubjectId,
} from "@tyr/contract";
import { HostileIssuer } from "../src/identity/federation/testing/hostile-issuer.ts";
import { placeBuiltCluster } from "../src/platform/database/testing/built-cluster.ts";
import { clientOf, makeUser, PASSWORD, startServer, temporaryDirectory, type ServerProcess } from "./server-process.ts";

/** Whoever performs a deed: how they show who they are, and as whom the log must name them. */
export type Doer = Readonly<{ headers: Readonly<Record<string, string>>; actor: Pick<Actor, "kind" | "id"> }>;
export type Person = Doer & Readonly<{ name: string; client: Client; token: string; subject: Session["user"]["id"] }>;
export const nobody: Doer = { headers: {}, actor: { kind: "anonymous", id: "anonymous" } };

/** What an entry must say of the state before or after: exactly this, something, or nothing: it was not there, or is no more. */
export type State = string | { is: "given" } | null;
export const given = { is: "given" } as const;

/**
 * One valid use of a route, and the one entry it must leave.
 * `besides` are entries of other changes the same request makes, each of them once too.
 */
export type Deed<K extends RouteId> = Readonly<{
  by: Doer;
  input: CallInput<K>;
  headers?: Readonly<Record<string, string>>;
  did: AuditEvent;
  /** Of the object; told from the answer where the deed makes it. */
  object: Readonly<{ kind: string; id: string | ((answer: OutputOf<K>) => string) }>;
  before: State;
  after: State;
  besides?: readonly AuditEvent[];
  /** For what is written in batches of several requests: an entry without their ids, told by its details. */
  batched?: (details: AuditEntry["details"]) => boolean;
  /** Who the log names where it is not who asked: somebody signing in is anonymous until they have. */
  actor?: Pick<Actor, "kind"> & Readonly<{ id: string | ((answer: OutputOf<K>) => string) }>;
}>;

export type World = AsyncDisposable &
  Readonly<{
    server: ServerProcess;
    issuer: HostileIssuer;
    /** Somebody new with these roles, just signed in. */
    person: (...roles: Role[]) => Promise<Person>;
    /** The first administrator, who exists once set-up is done. */
    admin: () => Promise<Person>;
    /** A name or address nobody had. */
    fresh: (kind: string) => string;
    freshAddress: () => string;
  }>;

let addresses = 0;
/** Addresses may sign in some dozen times a minute; through the trusted proxy everybody comes from an own one. */
export function fromElsewhere(): Readonly<Record<string, string>> {
  addresses += 1;
  return { "x-forwarded-for": `192.0.2.${1 + (addresses % 250)}` };
}

export async function signIn(url: string, name: string): Promise<Person> {
  const body = { name, password: PASSWORD, token: true };
  const { token = "", user } = await clientOf(url).call("session.login", { body }, { headers: fromElsewhere() });
  return personOf(url, { name, token, id: user.id });
}

type Known = Readonly<{ name: string; token: string; id: SubjectId }>;

function personOf(url: string, { name, token, id }: Known): Person {
  const headers = { authorization: `Bearer ${token}` };
  return {
    name,
    token,
    headers,
    client: clientOf(url, token),
    subject: id,
    actor: { kind: "person", id },
  };
}

/** A really started server, with somebody else's sign-in configured, and nobody in it. */
export async function openWorld(): Promise<World> {
  const folder = temporaryDirectory();
  const issuer = await new HostileIssuer().start();
  const providers = [
    {
      id: "corp",
      name: "Corp",
      issuer: issuer.issuer,
      clientId: "tyr",
      groupsClaim: "groups",
      roles: { soc: ["analyst"] },
      autoProvision: true,
    },
  ];
  const ssoFile = join(folder.path, "sso.json");
  writeFileSync(ssoFile, JSON.stringify({ providers }));
  const secretFile = join(folder.path, "notify.secret");
  writeFileSync(secretFile, `whsec_${Buffer.alloc(32, 1).toString("base64")}`, { mode: 0o600 });
  const notify = { TYR_NOTIFY_URL: "http://127.0.0.1:9/", TYR_NOTIFY_SECRET_FILE: secretFile };
  const dataDir = join(folder.path, "data");
  mkdirSync(dataDir, { mode: 0o700 });
  await placeBuiltCluster(dataDir);
  const server = await startServer({
    dataDir,
    args: ["--no-sample"],
    env: { TYR_SSO_FILE: ssoFile, TYR_TRUST_PROXY: "127.0.0.0/8", ...notify },
  });
  let made = 0;
  let first: Promise<Person> | undefined;
  const fresh = (kind: string): string => `${kind}-${(made += 1)}`;
  const admin = async (): Promise<Person> => await (first ??= signIn(server.url, "alice"));
  let standby: Promise<void> | undefined;
  /** Without enough others who could approve, nobody asks for anything. */
  const deciders = async (): Promise<void> => {
    for (const role of ["approver", "security_manager"] as const)
      await makeUser((await admin()).client, server.url, { name: role, roles: [role], headers: fromElsewhere() });
  };
  return {
    server,
    issuer,
    admin,
    fresh,
    freshAddress: () => `203.0.113.${(made += 1) % 256}`,
    async person(...roles) {
      await (standby ??= deciders());
      const name = fresh("person");
      const headers = fromElsewhere();
      const made = await makeUser((await admin()).client, server.url, { name, roles, headers });
      return personOf(server.url, { name, ...made });
    },
    async [Symbol.asyncDispose]() {
      await server.kill();
      await issuer.stop();
      folder[Symbol.dispose]();
    },
  };
}

export { PASSWORD };

/** What an authenticator application shows now (RFC 6238: SHA-1, 30 s, 6 digits). */
export function totpCode(base32: string): string {
  const bits = Array.from(base32, (one) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(one).toString(2).padStart(5, "0"),
  );
  const bytes = bits.join("").match(/.{8}/g) ?? [];
  const secret = Buffer.from(bytes.map((one) => Number.parseInt(one, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const number = mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, "0");
}
