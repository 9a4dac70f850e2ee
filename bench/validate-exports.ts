/**
 * What we export, held against the schemas of those who made the formats; they are not ours to ship.
 *
 *     node_modules/.bin/node --conditions=@tyr/source bench/validate-exports.ts STIX_FOLDER MISP_SCHEMA
 *
 * STIX_FOLDER is `schemas` of oasis-open/cti-stix2-json-schemas (BSD-3-Clause), MISP_SCHEMA is `format/2.4/schema-lax.json` of
 * MISP/MISP (AGPL-3.0), the one for events that are made elsewhere. MITRE publishes a table of the layer's properties and no
 * schema. What is tested at every run: packages/server/src/pipeline/detect/attack/export/published-formats.test.ts.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { SAMPLE_EXPORTS } from "../packages/server/src/pipeline/detect/attack/export/testing/sample-exports.ts";

type Json = Readonly<Record<string, unknown>>;

const [stixFolder, mispFile] = process.argv.slice(2);
if (stixFolder === undefined || mispFile === undefined) throw new Error("which folder, and which schema of MISP?");

// Patterns of the STIX schemas escape what needs none, which only regular expressions without `u` take.
const options = { strict: false, validateFormats: false, unicodeRegExp: false };
const stix = new Ajv2020(options);
const schemas = readdirSync(stixFolder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(join(stixFolder, name), "utf8")) as Json & { $id: string });
for (const schema of schemas) stix.addSchema(schema);

function schemaOf(type: string): ValidateFunction {
  const id = schemas.find(({ $id }) => $id.endsWith(`/${type}.json`))?.$id ?? "";
  const validate = stix.getSchema(id);
  if (validate === undefined) throw new Error(`no schema of ${type}`);
  return validate;
}

/** Draft 04 calls `id` what is `$id` now; a property of that name holds a schema, not a text. */
function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([name, one]) => typeof one !== "string" || !["id", "$schema"].includes(name),
  );
  return Object.fromEntries(kept.map(([name, one]) => [name, withoutIds(one)]));
}

const misp = new Ajv2020(options).compile(withoutIds(JSON.parse(readFileSync(mispFile, "utf8"))) as Json);
const bundleSchema = schemaOf("bundle");
const inBundles = JSON.stringify(bundleSchema.schema);
let wrong = 0;

function check(what: string, validate: ValidateFunction, value: unknown): void {
  if (validate(value)) return;
  wrong += 1;
  console.error(`${what}: ${JSON.stringify(validate.errors?.slice(0, 2))}`);
}

for (const [name, { bundle, event }] of Object.entries(SAMPLE_EXPORTS)) {
  const types = new Set(bundle.objects.map(({ type }) => type));
  for (const object of bundle.objects) check(`${name}, ${object.type}`, schemaOf(object.type), object);
  // The schema of bundles names most types and not all: a note, which STIX 2.1 has, is held against its own only.
  const objects = bundle.objects.filter(({ type }) => inBundles.includes(`/${type}.json`)).slice(0, 2_000);
  check(`${name}, bundle`, bundleSchema, { ...bundle, objects });
  check(`${name}, MISP event`, misp, event);
  console.log(`${name}: ${bundle.objects.length} objects of ${types.size} types, and a MISP event`);
}
console.log(wrong === 0 ? "all as their makers' schemas ask" : `${wrong} are not as their makers' schemas ask`);
process.exitCode = wrong === 0 ? 0 : 1;
