import { asMapping, asText, type Mapping } from "./shape.ts";
import { reject } from "./rejection.ts";

/** Which events a rule is about. Names are lower case; a part left out means "any". */
export type Logsource = Readonly<{
  product?: string;
  category?: string;
  service?: string;
  definition?: string;
  custom: Readonly<Record<string, unknown>>;
}>;

const parts = ["product", "category", "service"] as const;
const partName = /^[a-z0-9_.-]+$/;

/** @throws {RuleRejected} `logsource-invalid` when missing, empty or with a part that is not a plain name */
export function parseLogsource(document: Mapping, warn: (message: string) => void): Logsource {
  const place = { at: ["logsource"], code: "logsource-invalid" } as const;
  if (document["logsource"] === undefined) reject("logsource-invalid", "the rule has no logsource", []);
  const source = asMapping(document["logsource"], "logsource", place);
  const named: Record<string, string> = {};
  const custom: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(source)) {
    if (value === null) continue;
    const at = ["logsource", key];
    if (key === "definition") named[key] = asText(value, "logsource.definition", { ...place, at });
    else if ((parts as readonly string[]).includes(key)) named[key] = partText(value, at);
    else custom[key] = value;
  }
  const isBare = parts.every((part) => named[part] === undefined);
  if (isBare && Object.keys(custom).length > 0)
    warn("logsource has keys of its own only: the rule applies to no event");
  else if (isBare) reject("logsource-invalid", "logsource names neither product, category nor service", ["logsource"]);
  return { ...named, custom };
}

function partText(value: unknown, at: readonly string[]): string {
  const text = asText(value, at.join("."), { at, code: "logsource-invalid" }).toLowerCase();
  if (partName.test(text)) return text;
  return reject("logsource-invalid", `${at.join(".")} may hold letters, digits, "_", "." and "-" only`, at);
}
