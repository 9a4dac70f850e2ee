import type { LiftEvent } from "./lifter.ts";

/** Kinds of secrets that senders name; a password in clear where they name none. */
const SECRET_KINDS = [
  "plaintext",
  "http_bearer",
  "http_digest_md5",
  "ntlmssp_v2",
  "vnc_des_response",
  "postgres_md5_challenge",
  "mysql_native_password",
  "snmp_community",
] as const;
type SecretKind = (typeof SECRET_KINDS)[number];

/** A secret somebody tried. It goes no further than the keyed hash made of it. */
export type TriedSecret = Readonly<{ kind: SecretKind; secret: string }>;

const NAMES = ["password", "user.password", "secret", "community"];
const NESTED = [
  ["payload", "password"],
  ["logdata", "PASSWORD"],
] as const;
/** Longer ones are hashed as they begin: they are no passwords. */
const SECRET_CHARS_MAX = 1_024;

function inside(fields: LiftEvent["fields"], [outer, inner]: readonly [string, string]): unknown {
  const value = fields[outer];
  return typeof value === "object" && value !== null && Object.hasOwn(value, inner)
    ? (value as Readonly<Record<string, unknown>>)[inner]
    : undefined;
}

/** The secret of an attempt, as its source wrote it; undefined where it wrote none. */
export function secretOf({ fields }: Pick<LiftEvent, "fields">): TriedSecret | undefined {
  const found = [...NAMES.map((name) => fields[name]), ...NESTED.map((path) => inside(fields, path))].find(
    (value) => typeof value === "string" && value !== "***",
  );
  if (typeof found !== "string") return undefined;
  const kind = SECRET_KINDS.find((one) => one === fields["secret_kind"]) ?? "plaintext";
  return { kind, secret: found.slice(0, SECRET_CHARS_MAX).toWellFormed() };
}
