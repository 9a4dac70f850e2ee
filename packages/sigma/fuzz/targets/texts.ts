import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The rules of this repository. */
export function ownRules(): readonly string[] {
  return filesBelow(fileURLToPath(new URL("../../../../rules", import.meta.url)), ".yml");
}

/** Rules and events of the conformance vectors: small, and each about something else. */
export function vectorTexts(): Readonly<{ rules: readonly string[]; events: readonly string[] }> {
  const folder = fileURLToPath(new URL("../../vectors", import.meta.url));
  const found = { rules: new Set<string>(), events: new Set<string>() };
  for (const text of filesBelow(folder, ".json")) collect(JSON.parse(text), "", found);
  return { rules: [...found.rules], events: [...found.events] };
}

/** The texts of all files with this ending, in the order of their paths. */
export function filesBelow(folder: string, ending: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ending))
    .sort()
    .map((path) => readFileSync(join(folder, path), "utf8"));
}

function collect(value: unknown, name: string, into: Readonly<Record<"rules" | "events", Set<string>>>): void {
  if (typeof value === "string" && /detection|correlation|filter/.test(value) && value.includes(":"))
    into.rules.add(value);
  if (typeof value !== "object" || value === null) return;
  if (name === "event" || name === "fields") into.events.add(JSON.stringify(value));
  for (const [key, inner] of Object.entries(value)) collect(inner, Array.isArray(value) ? name : key, into);
}
