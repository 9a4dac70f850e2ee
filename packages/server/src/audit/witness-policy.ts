import { readFileSync } from "node:fs";
import { type NoteVerifier, parseTlogPolicy, type TlogPolicy } from "@tyr/ledger";
import { ConfigInvalid, staysHere } from "#platform/config";

export type ConfiguredWitness = Readonly<{
  /** As the policy names it. */
  name: string;
  verifier: NoteVerifier;
  /** Without the slash at the end; `/add-checkpoint` follows. */
  url: string;
}>;
export type WitnessPolicy = Readonly<{ policy: TlogPolicy; witnesses: readonly ConfiguredWitness[] }>;

/** `cleartext`: a witness on another machine may be asked over http. */
type Options = Readonly<{ cleartext?: boolean }>;

const SETTING = "TYR_WITNESS_POLICY";
/** Each is asked about every checkpoint that is submitted. */
const WITNESSES_MAX = 32;
const FILE_BYTES_MAX = 64 * 1024;

function addressOf(name: string, text: string | undefined, cleartext: boolean): string {
  if (text === undefined)
    throw new ConfigInvalid(SETTING, `witness ${name} has no address: witness ${name} <key> https://…`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    throw new ConfigInvalid(SETTING, `the address of witness ${name} does not begin with http:// or https://`);
  if (url.protocol === "http:" && !cleartext && !staysHere(url.hostname))
    throw new ConfigInvalid(
      SETTING,
      `witness ${name} is on another machine, and http does not show who answers: use https, or say TYR_CLEARTEXT=allow`,
    );
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw new ConfigInvalid(SETTING, `the address of witness ${name} has a password, a ? or a # in it`);
  return url.href.replace(/\/+$/, "");
}

/**
 * Reads the C2SP tlog-policy that names the witnesses of our log, with their addresses, and how many must have cosigned.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` naming the line or the witness
 */
export function readWitnessPolicy(path: string, options: Options = {}): WitnessPolicy {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigInvalid(
      SETTING,
      `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
  return parseWitnessPolicy(text.slice(0, FILE_BYTES_MAX + 1), options);
}

/** @throws {ConfigInvalid} `CONFIG_INVALID` naming the line or the witness */
export function parseWitnessPolicy(text: string, { cleartext = false }: Options = {}): WitnessPolicy {
  if (text.length > FILE_BYTES_MAX) throw new ConfigInvalid(SETTING, "the policy is larger than 64 KiB");
  const parsed = parseTlogPolicy(text);
  if (!parsed.ok) throw new ConfigInvalid(SETTING, parsed.refusal.message);
  const policy = parsed.value;
  const witnesses = [...policy.witnesses].map(([name, verifier]) => ({
    name,
    verifier,
    url: addressOf(name, policy.addresses?.get(name), cleartext),
  }));
  if (witnesses.length === 0) throw new ConfigInvalid(SETTING, "the policy names no witness");
  if (witnesses.length > WITNESSES_MAX)
    throw new ConfigInvalid(SETTING, `the policy names ${witnesses.length} witnesses; ${WITNESSES_MAX} are the limit`);
  return { policy, witnesses };
}

/** A policy may name the logs it is for; ours must then be one of them. @throws {ConfigInvalid} `CONFIG_INVALID` */
export function assertForLog({ policy: { logs } }: WitnessPolicy, vkeys: readonly string[]): void {
  if (logs.length === 0 || logs.some(({ vkey }) => vkeys.includes(vkey))) return;
  throw new ConfigInvalid(SETTING, `the policy is for other logs; ours is ${vkeys.join(", ")}`);
}
