import { usage } from "../failure.ts";

function at(value: unknown, path: readonly string[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[step];
  }
  return here;
}

/**
 * Only the named fields, dots reach inwards (`risk.score`).
 *
 * @throws {CliFailure} usage error when the first step of a name is no field of the value; the names there are listed
 */
export function pickFields(value: unknown, fields: readonly string[]): Readonly<Record<string, unknown>> {
  const known = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const picked: Record<string, unknown> = {};
  for (const field of fields) {
    const path = field.split(".");
    if (!known.includes(path[0] ?? "")) throw usage(`there is no field ${field}`, `Choose from: ${known.join(", ")}.`);
    picked[field] = at(value, path) ?? null;
  }
  return picked;
}
