import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { CRYPTOGRAPHY as cli } from "../packages/cli/src/cryptography.ts";
import { CRYPTOGRAPHY as ledger } from "../packages/ledger/src/cryptography.ts";
import { CRYPTOGRAPHY as audit } from "../packages/server/src/audit/cryptography.ts";
import { CRYPTOGRAPHY as blocklist } from "../packages/server/src/connectors/blocklist/cryptography.ts";
import { CRYPTOGRAPHY as identity } from "../packages/server/src/identity/cryptography.ts";
import { CRYPTOGRAPHY as passkeys } from "../packages/server/src/identity/passkeys/cryptography.ts";
import { CRYPTOGRAPHY as tokens } from "../packages/server/src/identity/tokens/cryptography.ts";
import { CRYPTOGRAPHY as collect } from "../packages/server/src/pipeline/collect/cryptography.ts";
import { CRYPTOGRAPHY as detect } from "../packages/server/src/pipeline/detect/cryptography.ts";
import { CRYPTOGRAPHY as escalate } from "../packages/server/src/pipeline/escalate/cryptography.ts";
import { CRYPTOGRAPHY as govern } from "../packages/server/src/pipeline/govern/cryptography.ts";
import { CRYPTOGRAPHY as respond } from "../packages/server/src/pipeline/respond/cryptography.ts";
import { CRYPTOGRAPHY as platform } from "../packages/server/src/platform/cryptography.ts";
import { CRYPTOGRAPHY as sigma } from "../packages/sigma/src/cryptography.ts";
import { files, root } from "./house.ts";

/**
 * One key, or one use of an algorithm. `strengthBits`: of security where somebody attacks it, null where nothing depends
 * on it or where it depends on what people choose. `uses` are the calls by which `files` (below packages/) do it.
 */
export type Declared = Readonly<{
  name: string;
  algorithm: string;
  strengthBits: number | null;
  purpose: string;
  lives: string;
  rotation: string;
  readers: string;
  uses: readonly string[];
  files: readonly string[];
}>;

export const DECLARED: Readonly<Record<string, readonly Declared[]>> = {
  "Secrets at rest and ids": platform,
  Identity: identity,
  "Tokens of API clients": tokens,
  Passkeys: passkeys,
  "The audit log": audit,
  "The ledger's formats": ledger,
  Collect: collect,
  Detect: detect,
  "The detection engine": sigma,
  Escalate: escalate,
  Govern: govern,
  Respond: respond,
  "Lists for firewalls": blocklist,
  "The command line and the witness": cli,
};

/** Names of node:crypto and what a use of them is called; anything else of it is refused until somebody thought about it. */
const OF_NODE: Readonly<Record<string, string>> = {
  createHash: "digest",
  createHmac: "digest",
  createCipheriv: "digest",
  createDecipheriv: "digest",
  randomBytes: "csprng",
  randomFillSync: "csprng",
  generateKeyPair: "keypair",
  createPrivateKey: "keypair",
  createPublicKey: "keypair",
  // Names of files and requests, no secrets (ASVS 5.0 11.5.1: a UUID is none); and comparing uses no algorithm.
  randomUUID: "none",
  timingSafeEqual: "none",
  KeyObject: "none",
  JsonWebKey: "none",
};

const PACKAGES: readonly (readonly [from: RegExp, use: string])[] = [
  [/from "@node-rs\/argon2"/, "argon2id"],
  [/from "jose"/, "jose"],
  [/from "openid-client"/, "oidc"],
  [/(?:from |import\()"@simplewebauthn\//, "webauthn"],
  [/from "@noble\/|from "crypto-js|from "node-forge|from "tweetnacl|from "bcrypt/, "a library nobody listed"],
  [/\bgetRandomValues\(/, "csprng"],
  [/subtle[\s\S]*"Ed25519"/, "ed25519"],
  [/name: "ECDSA", namedCurve: "P-256"/, "ecdsa-p256"],
  [/getBuiltinModule[\s\S]{0,9}"node:crypto"/, "node:crypto by its name"],
  [/function portableSha256/, "sha256-own"],
  [/\bMath\.random\(/, "math-random"],
  [/generateSigningKey[\s\S]*? from "@tyr\/ledger"/, "ed25519-ledger"],
];

function namedOfNode(text: string): readonly string[] {
  if (/import \* as \w+ from "node:crypto"|import \w+ from "node:crypto"|globalThis\.crypto/.test(text))
    return ["node:crypto as a whole"];
  const [, names = ""] = /import \{([^}]*)\} from "node:crypto"/.exec(text) ?? [];
  const wanted = names.split(",").map((name) => name.replace(/^\s*type /, "").trim());
  return wanted.filter((name) => name !== "").map((name) => OF_NODE[name] ?? `node:crypto ${name}`);
}

/** `createHash("sha256")` is `sha256`; a name that is computed cannot be looked up, so it is refused. */
function digestsOf(text: string): readonly string[] {
  const calls = [...text.matchAll(/\bcreate(Hash|Hmac|Cipheriv|Decipheriv)\(\s*(?:"([^"]+)")?/g)];
  return calls.map(([, kind = "", name]) => {
    if (name === undefined) return "an algorithm that is computed";
    return kind === "Hmac" ? `hmac-${name}` : name;
  });
}

/** What a source does of cryptography. */
export function usesOf(text: string): ReadonlySet<string> {
  const named = namedOfNode(text).filter((use) => use !== "none" && use !== "digest");
  const others = PACKAGES.flatMap(([pattern, use]) => (pattern.test(text) ? [use] : []));
  return new Set([...named, ...digestsOf(text), ...others]);
}

/** Every use in the sources as `file use`. */
export function found(): readonly string[] {
  return files
    .filter((file) => !file.endsWith("/testing.ts"))
    .flatMap((file) =>
      [...usesOf(readFileSync(file, "utf8"))].map((use) => `${relative(join(root, "packages"), file)} ${use}`),
    )
    .toSorted();
}

export const CRYPTOGRAPHY_PAGE = new URL("../docs/reference/cryptography.md", import.meta.url);

const cell = (text: string): string => text.replaceAll("|", "\\|");

function table(rows: readonly Declared[]): readonly string[] {
  const lines = rows.map(({ name, algorithm, strengthBits, purpose, lives, rotation, readers }) => {
    const bits = strengthBits === null ? "–" : String(strengthBits);
    return `| ${[name, algorithm, bits, purpose, lives, rotation, readers].map(cell).join(" | ")} |`;
  });
  return [
    "| What | Algorithm | Bits | For | Where it lives | Rotation | Who reads it |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
    "",
  ];
}

/** The inventory as the declarations have it: what `npm run docs` writes and the test compares (ASVS 5.0 11.1.1, 11.1.2). */
export function cryptographyPage(): string {
  return [
    "# Keys and algorithms\n",
    "Every key Tyr holds and every algorithm it uses. Written from tables that stand beside the code (`cryptography.ts` of each room); a",
    "test finds every call in the sources and refuses one that no table lists, a row nobody uses, MD5, SHA-1 beyond the uses below, RSA",
    "below 3,072 bits for keys of ours, and `Math.random` where something depends on it. Bits are of security against whoever attacks it;",
    "– where nothing depends on it, or it depends on what people choose.\n",
    "Not ours: TLS in front of the server (the proxy's), and of connections to PostgreSQL and to identity providers (Node's OpenSSL).\n",
    ...Object.entries(DECLARED).flatMap(([room, rows]) => [`## ${room}\n`, ...table(rows)]),
  ].join("\n");
}
