import { createHash, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { APPROVAL_DOMAIN, type ActionStatement, type StatementRequest, type StatementSignature } from "@tyr/contract";
import type { Handlers, Seen } from "./fake-server.ts";
import { action } from "./samples.ts";

const AT = "2026-02-01T12:00:00.000Z";
const KEY_ID = "apk_00000000-0000-7000-8000-000000000007";

export type TestKey = Readonly<{
  /** As the server answers: a text about the sample action and what was asked, for this key. */
  statement: NonNullable<Handlers["action.statement"]>;
  /** As a server answers that shows one thing and has another signed. */
  otherThan(lie: object): NonNullable<Handlers["action.statement"]>;
  /** True when the call carries a signature of the statement that was handed out. */
  isSigned(seen: Seen | undefined): boolean;
  file: string;
}>;

/** Puts an approval key into the home directory, as `tyr approval-key create --no-passphrase` does. */
export async function approvalKeyIn(home: string): Promise<TestKey> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const der = publicKey.export({ format: "der", type: "spki" });
  const fingerprint = createHash("sha256").update(der).digest("hex");
  const directory = path.join(home, ".config", "tyr");
  await mkdir(directory, { recursive: true });
  const file = path.join(directory, `approval-${fingerprint.slice(0, 32)}.pem`);
  await writeFile(file, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600 });
  const key = {
    id: KEY_ID,
    name: "laptop",
    publicKey: der.toString("base64url"),
    fingerprint,
    state: "active",
    createdAt: AT,
    expiresAt: AT,
    revokedAt: null,
  } as const;
  let handedOut = "";
  const otherThan =
    (lie: object): NonNullable<Handlers["action.statement"]> =>
    ({ params, body }): ActionStatement => {
      const { statement, reason, comment } = JSON.parse(body.toString()) as StatementRequest;
      const said = {
        action_id: params["id"],
        dry_run_digest: action.dryRun?.digest ?? null,
        nonce: "once",
        reason: reason ?? comment ?? null,
        request_digest: action.requestDigest,
        revision: action.revision,
        statement,
        target: action.target,
        ttl_seconds: action.ttlSeconds,
        type: action.type,
      };
      handedOut = JSON.stringify({ ...said, ...lie });
      const digest = createHash("sha256").update(handedOut).digest("hex");
      return { statement, text: handedOut, digest, expiresAt: AT, passkey: null, keys: [key] };
    };
  return {
    file,
    otherThan,
    statement: otherThan({}),
    isSigned(seen) {
      const { signature } = JSON.parse(seen?.body.toString() ?? "{}") as { signature?: StatementSignature };
      if (signature?.kind !== "ed25519" || signature.keyId !== KEY_ID) return false;
      const own = createPublicKey({ key: der, format: "der", type: "spki" });
      return verify(
        null,
        Buffer.from(`${APPROVAL_DOMAIN}${handedOut}`),
        own,
        Buffer.from(signature.signature, "base64url"),
      );
    },
  };
}
