import { reject, type ValuePath } from "../parse/rejection.ts";
import type { TextPosition, TimePart } from "../expression.ts";
import type { WideName } from "./encoding.ts";

/** What kind of comparison the modifiers of an item ask for. */
type ItemKind = "text" | "regex" | "cidr" | "exists" | "fieldref" | "number" | "time";

export type Transform = WideName | "base64" | "base64offset" | "windash";

/** The modifiers of one item, checked against each other. */
export type ItemModifiers = Readonly<{
  kind: ItemKind;
  position: TextPosition;
  all: boolean;
  cased: boolean;
  negated: boolean;
  expand: boolean;
  /** `i`, `m`, `s` in any number. */
  flags: string;
  /** In the order written; they do not commute. */
  transforms: readonly Transform[];
  timePart: TimePart | undefined;
  operator: "lt" | "lte" | "gt" | "gte" | undefined;
}>;

type Role = "position" | "generic" | "flag" | "transform" | "time" | "operator" | "kind";
type Entry = Readonly<{ role: Role; kinds: readonly ItemKind[] }>;

const text: readonly ItemKind[] = ["text"];
const regex: readonly ItemKind[] = ["regex"];

/** Every modifier of Sigma 2.1.0 with the kinds of item it may stand in. */
const entries: Readonly<Record<string, Entry>> = {
  contains: { role: "position", kinds: ["text", "fieldref"] },
  startswith: { role: "position", kinds: ["text", "fieldref"] },
  endswith: { role: "position", kinds: ["text", "fieldref"] },
  all: { role: "generic", kinds: ["text", "regex", "cidr", "fieldref", "number", "time"] },
  cased: { role: "generic", kinds: ["text", "regex", "fieldref"] },
  neq: { role: "generic", kinds: ["text", "regex", "cidr", "fieldref", "number", "time"] },
  expand: { role: "generic", kinds: ["text", "cidr"] },
  re: { role: "kind", kinds: regex },
  i: { role: "flag", kinds: regex },
  ignorecase: { role: "flag", kinds: regex },
  m: { role: "flag", kinds: regex },
  multiline: { role: "flag", kinds: regex },
  s: { role: "flag", kinds: regex },
  dotall: { role: "flag", kinds: regex },
  windash: { role: "transform", kinds: text },
  base64: { role: "transform", kinds: text },
  base64offset: { role: "transform", kinds: text },
  wide: { role: "transform", kinds: text },
  utf16le: { role: "transform", kinds: text },
  utf16be: { role: "transform", kinds: text },
  utf16: { role: "transform", kinds: text },
  lt: { role: "operator", kinds: ["number", "time"] },
  lte: { role: "operator", kinds: ["number", "time"] },
  gt: { role: "operator", kinds: ["number", "time"] },
  gte: { role: "operator", kinds: ["number", "time"] },
  minute: { role: "time", kinds: ["time"] },
  hour: { role: "time", kinds: ["time"] },
  day: { role: "time", kinds: ["time"] },
  week: { role: "time", kinds: ["time"] },
  month: { role: "time", kinds: ["time"] },
  year: { role: "time", kinds: ["time"] },
  cidr: { role: "kind", kinds: ["cidr"] },
  exists: { role: "kind", kinds: ["exists"] },
  fieldref: { role: "kind", kinds: ["fieldref"] },
};

const unmodified: ItemModifiers = {
  kind: "text",
  position: "equals",
  all: false,
  cased: false,
  negated: false,
  expand: false,
  flags: "",
  transforms: [],
  timePart: undefined,
  operator: undefined,
};

/** @throws {RuleRejected} `modifier-unknown` or `modifier-conflict` */
export function readModifiers(names: readonly string[], at: ValuePath): ItemModifiers {
  if (names.length === 0) return unmodified;
  const roles = names.map((name) => ({ name, entry: entryOf(name, at) }));
  if (new Set(names).size < names.length) reject("modifier-conflict", "a modifier stands twice", at);
  const kind = kindOf(names);
  for (const { name, entry } of roles) {
    if (!entry.kinds.includes(kind))
      reject("modifier-conflict", `${name} cannot be combined with ${names.join("|")}`, at);
  }
  const named = (role: Role): string[] => roles.filter(({ entry }) => entry.role === role).map(({ name }) => name);
  for (const role of ["position", "time", "operator", "kind"] as const) {
    const found = named(role);
    if (found.length > 1) reject("modifier-conflict", `${found.join(" and ")} exclude each other`, at);
  }
  checkOrder(names, at);
  return {
    kind,
    position: (named("position")[0] ?? "equals") as TextPosition,
    all: names.includes("all"),
    cased: names.includes("cased"),
    negated: names.includes("neq"),
    expand: names.includes("expand"),
    flags: named("flag")
      .map((flag) => (flag === "ignorecase" ? "i" : flag === "multiline" ? "m" : flag === "dotall" ? "s" : flag))
      .join(""),
    transforms: named("transform") as Transform[],
    timePart: named("time")[0] as TimePart | undefined,
    operator: named("operator")[0] as ItemModifiers["operator"],
  };
}

function entryOf(name: string, at: ValuePath): Entry {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  return entry ?? reject("modifier-unknown", `unknown modifier ${JSON.stringify(name)}`, at);
}

function kindOf(names: readonly string[]): ItemKind {
  if (names.includes("re")) return "regex";
  if (names.includes("cidr")) return "cidr";
  if (names.includes("exists")) return "exists";
  if (names.includes("fieldref")) return "fieldref";
  const roles = new Set(names.map((name) => entries[name]?.role));
  if (roles.has("time")) return "time";
  return roles.has("operator") ? "number" : "text";
}

/**
 * `contains` before an encoding would put wildcards where bytes are wanted; `windash` after one would take the slashes of
 * base64 for options.
 */
function checkOrder(names: readonly string[], at: ValuePath): void {
  const position = names.findIndex((name) => entries[name]?.role === "position");
  const base64 = names.findLastIndex((name) => name.startsWith("base64"));
  if (position !== -1 && position < base64) {
    reject("modifier-conflict", `${names[position]} must come after ${names[base64]}`, at);
  }
  const encoding = names.findIndex((name) => isWide(name) || name.startsWith("base64"));
  if (encoding !== -1 && encoding < names.indexOf("windash"))
    reject("modifier-conflict", `windash must come before ${names[encoding]}`, at);
  const wide = names.findLastIndex(isWide);
  const firstBase64 = names.findIndex((name) => name.startsWith("base64"));
  if (firstBase64 !== -1 && firstBase64 < wide) {
    reject("modifier-conflict", `${names[wide]} must come before ${names[firstBase64]}`, at);
  }
}

function isWide(name: string): boolean {
  return name === "wide" || name.startsWith("utf16");
}
