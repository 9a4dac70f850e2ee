import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createHash } from "node:crypto";
import { RoleName } from "@tyr/contract";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { parse } from "yaml";
import { ConfigInvalid } from "#platform/config";
import type { Provider } from "./provider.ts";

const SETTING = "TYR_SSO_FILE";
const BYTES_MAX = 256 * 1024;
const ONE_LINE = "^[^\\u0000-\\u001f\\u007f]+$";

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: ONE_LINE });
const ProviderSettings = Type.Object(
  {
    id: Type.String({ pattern: "^[a-z][a-z0-9-]{0,29}$" }),
    name: text(60),
    issuer: text(500),
    clientId: text(200),
    clientSecretFile: Type.Optional(text(500)),
    scopes: Type.Optional(Type.Array(Type.String({ pattern: "^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$" }), { maxItems: 20 })),
    nameClaim: Type.Optional(text(100)),
    groupsClaim: Type.Optional(text(100)),
    roles: Type.Optional(Type.Record(Type.String(), Type.Array(RoleName, { minItems: 1 }))),
    autoProvision: Type.Optional(Type.Boolean()),
    scim: Type.Optional(Type.Object({ externalIdClaim: Type.Optional(text(100)) }, { additionalProperties: false })),
    acr: Type.Optional(Type.Array(text(200), { maxItems: 20 })),
    amr: Type.Optional(Type.Array(text(50), { maxItems: 20 })),
    maxAgeSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 43_200 })),
  },
  { additionalProperties: false },
);
type ProviderSettings = Static<typeof ProviderSettings>;
const Settings = Type.Object(
  { providers: Type.Array(ProviderSettings, { minItems: 1, maxItems: 10 }) },
  { additionalProperties: false },
);
const settings = Compile(Settings);

function invalid(message: string): ConfigInvalid {
  return new ConfigInvalid(SETTING, message);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw invalid(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function parsed(path: string): unknown {
  const source = read(path);
  if (source.length > BYTES_MAX) throw invalid(`${path} is larger than ${BYTES_MAX} bytes`);
  try {
    return parse(source, { schema: "core", maxAliasCount: 0 });
  } catch (cause) {
    throw invalid(`${path} is not YAML: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Tokens and codes travel there: plain http only to this machine. */
function checkIssuer({ id, issuer }: ProviderSettings): void {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const isLocal = url !== undefined && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLocal)) {
    if (url.search === "" && url.hash === "" && url.username === "" && url.password === "") return;
  }
  throw invalid(`the issuer of ${id} must be an https address without query, fragment or password`);
}

function checkRoles({ id, groupsClaim, roles, autoProvision, scim }: ProviderSettings): void {
  const maps = Object.keys(roles ?? {}).length > 0;
  if (maps && groupsClaim === undefined && scim === undefined)
    throw invalid(`${id} maps roles but names no groupsClaim, nor provisions groups by scim`);
  if (groupsClaim !== undefined && !maps) throw invalid(`${id} names a groupsClaim but maps no group to a role`);
  if (autoProvision === true && (!maps || groupsClaim === undefined))
    throw invalid(
      `${id} makes accounts on first sign-in, so it needs groupsClaim and roles: nobody would know their roles`,
    );
}

/** Whoever reads the secret can pass for us at the provider. Windows has no such bits. */
function refuseReadable(path: string): void {
  const mode = statSync(path).mode & 0o777;
  if (process.platform === "win32" || (mode & 0o077) === 0) return;
  throw invalid(`others than its owner may read ${path} (mode ${mode.toString(8).padStart(4, "0")}): chmod 600 it`);
}

function secretOf({ id, clientSecretFile }: ProviderSettings, base: string): string | undefined {
  if (clientSecretFile === undefined) return undefined;
  const path = resolve(base, clientSecretFile);
  const secret = read(path).trim();
  refuseReadable(path);
  if (secret.length < 16 || secret.length > 1_000)
    throw invalid(`the client secret of ${id} has fewer than 16 characters`);
  return secret;
}

function providerOf(given: ProviderSettings, base: string): Provider {
  checkIssuer(given);
  checkRoles(given);
  return {
    id: given.id,
    name: given.name,
    issuer: given.issuer,
    clientId: given.clientId,
    clientSecret: secretOf(given, base),
    scopes: [...new Set(["openid", ...(given.scopes ?? ["profile"])])],
    nameClaim: given.nameClaim ?? "preferred_username",
    groupsClaim: given.groupsClaim,
    roles: new Map(Object.entries(given.roles ?? {})),
    scimClaim: given.scim === undefined ? undefined : (given.scim.externalIdClaim ?? "sub"),
    autoProvision: given.autoProvision ?? false,
    acr: given.acr ?? [],
    amr: given.amr ?? [],
    maxAgeSeconds: given.maxAgeSeconds ?? 43_200,
  };
}

function refuseTwice(providers: readonly Provider[], of: "id" | "issuer"): void {
  const seen = new Set<string>();
  for (const one of providers) {
    // Two of one issuer would make two people of one, and their answers could not be told apart (RFC 9207).
    if (seen.has(one[of])) throw invalid(`two providers have the ${of} ${one[of]}`);
    seen.add(one[of]);
  }
}

/**
 * Reads who may vouch for people, from a YAML or JSON file. Nothing is asked of a provider yet.
 *
 * @throws {ConfigInvalid} `CONFIG_INVALID` naming what is wrong and where; never with a secret in it
 */
export function readProviders(path: string | undefined): readonly Provider[] {
  if (path === undefined) return [];
  const given = parsed(path);
  if (!settings.Check(given)) {
    const [first] = settings.Errors(given);
    throw invalid(`${path} at ${first?.instancePath === "" ? "/" : first?.instancePath}: ${first?.message}`);
  }
  const providers = given.providers.map((one) => providerOf(one, dirname(path)));
  refuseTwice(providers, "id");
  refuseTwice(providers, "issuer");
  return providers;
}

/** Tells whether settings changed; the secret enters only as its own digest. */
export function digestOf(providers: readonly Provider[]): string {
  const digest = (value: string): string => createHash("sha256").update(value).digest("hex");
  const plain = providers.map(({ clientSecret, roles, ...rest }) => ({
    ...rest,
    roles: [...roles],
    clientSecret: clientSecret === undefined ? null : digest(`tyr-sso-secret:${clientSecret}`),
  }));
  return digest(JSON.stringify(plain));
}
