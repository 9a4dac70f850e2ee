import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import { silentLogger } from "#platform/log";
import { createSecrets, openKeyRotation } from "#platform/secrets";
import type { IdentityDeps } from "../create-identity.ts";
import { openKnownPasswords } from "../known-passwords.ts";

/** For tests: what identity stands on besides the database, with a key of its own that goes when the file's tests end. */
export async function testDeps(database: Database, clock: Clock): Promise<IdentityDeps> {
  const rules = { secondFactorFor: [], passkeyFor: [] };
  const folder = mkdtempSync(join(tmpdir(), "tyr-identity-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const vault = createSecrets({ keyringPath: join(folder, "secrets.keys"), clock });
  await openKeyRotation({ database, secrets: vault, log: silentLogger });
  const { isKnown } = await openKnownPasswords(undefined);
  return { database, clock, vault, isKnownPassword: isKnown, publicUrl: "https://tyr.example.org", rules };
}
