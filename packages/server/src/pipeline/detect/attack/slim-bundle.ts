import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { openBundle } from "./open-bundle.ts";
import { BundleFault, groupObjects } from "./stix-objects.ts";

const TYPES = [
  "x-mitre-collection",
  "x-mitre-matrix",
  "x-mitre-tactic",
  "attack-pattern",
  "intrusion-set",
  "relationship",
  "marking-definition",
];
const FIELDS = new Set([
  "type",
  "id",
  "created",
  "modified",
  "name",
  "aliases",
  "revoked",
  "x_mitre_deprecated",
  "x_mitre_shortname",
  "x_mitre_version",
  "tactic_refs",
  "kill_chain_phases",
  "external_references",
  "relationship_type",
  "source_ref",
  "target_ref",
  "definition",
]);
const RELATIONS = new Set(["uses", "subtechnique-of", "revoked-by"]);
const compress = promisify(gzip);

/** A bundle without what the loader does not read, gzip: some 5 % of it, which fits into a request. */
export type SlimBundle = Readonly<{ ok: true; bytes: Uint8Array }> | Readonly<{ ok: false; message: string }>;

export async function slimBundle(bytes: Uint8Array): Promise<SlimBundle> {
  try {
    const objects = groupObjects(await openBundle(bytes));
    const kept = TYPES.flatMap((type) => objects.get(type) ?? [])
      .filter(({ type, relationship_type: relation }) => type !== "relationship" || RELATIONS.has(String(relation)))
      .map((object) => Object.fromEntries(Object.entries(object).filter(([field]) => FIELDS.has(field))))
      .map(({ external_references: references, ...rest }) =>
        // Only MITRE's own reference has an id of the object; the others are literature.
        Array.isArray(references) ? { ...rest, external_references: references.slice(0, 1) } : rest,
      );
    return { ok: true, bytes: await compress(JSON.stringify({ type: "bundle", objects: kept })) };
  } catch (error) {
    if (error instanceof BundleFault) return { ok: false, message: error.message };
    throw error;
  }
}
