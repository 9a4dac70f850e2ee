import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../canonical-digest.ts";
import { PolicyBundleInvalid } from "./errors.ts";
import { readPolicies, type Policy } from "./read-policy.ts";

export type BundleSource = Readonly<{
  schema: string;
  /** File name → text. */
  policies: Readonly<Record<string, string>>;
  tests: Readonly<Record<string, string>>;
}>;
/** What the digest is taken over: a SHA-256 per part. */
type Manifest = Readonly<{
  v: 1;
  schema: string;
  policies: Readonly<Record<string, string>>;
  tests: Readonly<Record<string, string>>;
}>;
export type Bundle = Readonly<{
  digest: string;
  manifest: Manifest;
  schema: string;
  policies: ReadonlyMap<string, Policy>;
}>;

const FILES_MAX = 200;
const SCHEMA_FILE = "schema.cedarschema";

function readFolder(folder: string, ending: RegExp): Record<string, string> {
  const names = readdirSync(folder)
    .filter((name) => ending.test(name))
    .toSorted();
  if (names.length > FILES_MAX) throw new PolicyBundleInvalid(folder, `more than ${FILES_MAX} files`);
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/**
 * Reads a bundle from its folder: `schema.cedarschema`, `*.cedar`, `tests/*.yml`.
 *
 * @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID` the folder cannot be read
 */
export function readBundleSource(folder: string): BundleSource {
  try {
    return {
      schema: readFileSync(join(folder, SCHEMA_FILE), "utf8"),
      policies: readFolder(folder, /\.cedar$/),
      tests: readFolder(join(folder, "tests"), /\.ya?ml$/),
    };
  } catch (cause) {
    if (cause instanceof PolicyBundleInvalid) throw cause;
    throw new PolicyBundleInvalid(folder, "cannot be read", { cause });
  }
}

function byId(policies: readonly Policy[]): ReadonlyMap<string, Policy> {
  const map = new Map<string, Policy>();
  for (const policy of policies) {
    if (map.has(policy.id)) throw new PolicyBundleInvalid(policy.id, "two policies have this @id");
    map.set(policy.id, policy);
  }
  if (map.size === 0) throw new PolicyBundleInvalid("policies", "there is none");
  return map;
}

/** Strict, and a warning is an error: an impossible policy is a mistake nobody would see. */
function checkAgainstSchema(schema: string, policies: ReadonlyMap<string, Policy>): void {
  const answer = cedar.validate({ schema, policies: staticPolicies(policies) });
  if (answer.type === "failure")
    throw new PolicyBundleInvalid(SCHEMA_FILE, answer.errors.map(({ message }) => message).join("; "));
  const [first] = [...answer.validationErrors, ...answer.validationWarnings];
  if (first !== undefined) throw new PolicyBundleInvalid(first.policyId, first.error.message);
  const [other] = answer.otherWarnings;
  if (other !== undefined) throw new PolicyBundleInvalid(SCHEMA_FILE, other.message);
}

export function staticPolicies(policies: ReadonlyMap<string, Policy>): { staticPolicies: Record<string, string> } {
  return { staticPolicies: Object.fromEntries([...policies].map(([id, { text }]) => [id, text])) };
}

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");
const hashed = (parts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, sha256(text)]));

/**
 * Checks a bundle as a whole and names it by the SHA-256 of its canonical manifest.
 *
 * @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID` naming the policy
 */
export function loadBundle({ schema, policies: files, tests }: BundleSource): Bundle {
  const policies = byId(Object.entries(files).flatMap(([file, text]) => readPolicies(file, text)));
  checkAgainstSchema(schema, policies);
  const manifest: Manifest = { v: 1, schema: sha256(schema), policies: hashed(files), tests: hashed(tests) };
  return { digest: digestOf(manifest), manifest, schema, policies };
}
