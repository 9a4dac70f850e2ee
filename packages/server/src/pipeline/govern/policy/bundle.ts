import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import {
  POLICIES_MAX,
  POLICY_BUNDLE_CHARS_MAX,
  POLICY_FILES_MAX,
  POLICY_FILE_CHARS_MAX,
  type PolicyFile,
} from "@tyr/contract";
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

const SCHEMA_FILE = "schema.cedarschema";

function readFolder(folder: string, ending: RegExp): Record<string, string> {
  const names = readdirSync(folder)
    .filter((name) => ending.test(name))
    .toSorted();
  if (names.length > POLICY_FILES_MAX) throw new PolicyBundleInvalid(folder, `more than ${POLICY_FILES_MAX} files`);
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

/** The parts of a bundle as files, as they are stored and sent. */
export function filesOf({ schema, policies, tests }: BundleSource): PolicyFile[] {
  return [
    { path: SCHEMA_FILE, text: schema },
    ...Object.entries(policies).map(([name, text]) => ({ path: name, text })),
    ...Object.entries(tests).map(([name, text]) => ({ path: `tests/${name}`, text })),
  ];
}

/**
 * The other way round. What is no part of a bundle is refused, so that the digest covers all that was given.
 *
 * @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID`
 */
export function sourceOf(files: readonly PolicyFile[]): BundleSource {
  const texts = new Map<string, string>();
  for (const { path, text } of files) {
    if (texts.has(path)) throw new PolicyBundleInvalid(path, "is there twice");
    texts.set(path, text);
  }
  const schema = texts.get(SCHEMA_FILE);
  if (schema === undefined) throw new PolicyBundleInvalid(SCHEMA_FILE, "is missing");
  texts.delete(SCHEMA_FILE);
  const named = (matches: RegExp) => [...texts].filter(([path]) => matches.test(path));
  const policies = named(/^[^/]+\.cedar$/);
  const tests = named(/^tests\/[^/]+\.ya?ml$/);
  if (policies.length + tests.length !== texts.size)
    throw new PolicyBundleInvalid("files", "only *.cedar and tests/*.yml belong into a bundle");
  return {
    schema,
    policies: Object.fromEntries(policies),
    tests: Object.fromEntries(tests.map(([path, text]) => [path.slice("tests/".length), text])),
  };
}

/** Uploads and folders alike: parsing costs more than time where files are long. NUL is what no engine stores. */
function assertBounded(source: BundleSource): void {
  const files = filesOf(source);
  if (files.length > POLICY_FILES_MAX) throw new PolicyBundleInvalid("files", `are more than ${POLICY_FILES_MAX}`);
  let total = 0;
  for (const { path, text } of files) {
    total += text.length;
    if (text.length > POLICY_FILE_CHARS_MAX || total > POLICY_BUNDLE_CHARS_MAX)
      throw new PolicyBundleInvalid(
        path,
        `is too long: a file has at most ${POLICY_FILE_CHARS_MAX} characters, all together ${POLICY_BUNDLE_CHARS_MAX}`,
      );
    if (text.includes("\u0000") || !text.isWellFormed())
      throw new PolicyBundleInvalid(path, "holds characters that are no text");
  }
}

function byId(policies: readonly Policy[]): ReadonlyMap<string, Policy> {
  const map = new Map<string, Policy>();
  for (const policy of policies) {
    if (map.has(policy.id)) throw new PolicyBundleInvalid(policy.id, "two policies have this @id");
    map.set(policy.id, policy);
  }
  if (map.size === 0) throw new PolicyBundleInvalid("policies", "there is none");
  if (map.size > POLICIES_MAX) throw new PolicyBundleInvalid("policies", `are more than ${POLICIES_MAX}`);
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

function staticPolicies(policies: ReadonlyMap<string, Policy>): { staticPolicies: Record<string, string> } {
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
export function loadBundle(source: BundleSource): Bundle {
  assertBounded(source);
  const { schema, policies: files, tests } = source;
  const policies = byId(Object.entries(files).flatMap(([file, text]) => readPolicies(file, text)));
  checkAgainstSchema(schema, policies);
  const manifest: Manifest = { v: 1, schema: sha256(schema), policies: hashed(files), tests: hashed(tests) };
  return { digest: digestOf(manifest), manifest, schema, policies };
}
