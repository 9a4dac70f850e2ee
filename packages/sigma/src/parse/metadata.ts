import { parseMoment } from "../compile/moment.ts";
import { parseAttackTags } from "./attack-tags.ts";
import { reject } from "./rejection.ts";
import { levels, type Level, type RuleMetadata } from "../rule.ts";
import { asText, type Mapping } from "./shape.ts";

/** Where a document stands and where remarks about it go. */
export type DocumentOrigin = Readonly<{ path: string; line: number; number: number; warn: (message: string) => void }>;

const known = new Set(
  `title id name related taxonomy status description license author references date modified logsource detection
  correlation filter generate fields falsepositives level tags scope`.split(/\s+/),
);
const statuses = ["stable", "test", "experimental", "deprecated", "unsupported"];
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const day = /^\d{4}([-/])\d{2}\1\d{2}$/;
const titleCharsMax = 256;
const descriptionCharsMax = 65_535;

/**
 * Reads what every kind of document has in common. What changes detection or identity (title, id, name, level, tags)
 * must be right; decoration (dates, status, author) is remarked upon and kept.
 */
export function parseMetadata(document: Mapping, origin: DocumentOrigin): RuleMetadata {
  const id = parseId(document["id"]);
  const name =
    document["name"] === undefined || document["name"] === null ? undefined : textAt(document["name"], "name");
  const tags = textList(document, "tags", origin);
  const level = parseLevel(document["level"]);
  checkDecoration(document, origin);
  return {
    key: id ?? name ?? `${origin.path}#${origin.number}`,
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    title: parseTitle(document["title"]),
    ...(level === undefined ? {} : { level }),
    ...optionalTexts(document, origin),
    references: textList(document, "references", origin),
    falsepositives: textList(document, "falsepositives", origin),
    fields: textList(document, "fields", origin),
    related: relatedOf(document["related"], origin),
    tags,
    attack: parseAttackTags(tags, origin.warn),
    custom: Object.fromEntries(Object.entries(document).filter(([key]) => !known.has(key))),
    path: origin.path,
    line: origin.line,
  };
}

function textAt(value: unknown, key: string): string {
  return asText(value, key, { at: [key], code: "metadata-invalid" });
}

function parseTitle(value: unknown): string {
  if (value === undefined) reject("metadata-invalid", "the rule has no title", []);
  const title = textAt(value, "title");
  if (title.length <= titleCharsMax) return title;
  return reject("metadata-invalid", `the title has ${title.length} characters, the limit is ${titleCharsMax}`, [
    "title",
  ]);
}

function parseId(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && uuid.test(value)) return value.toLowerCase();
  return reject("metadata-invalid", "id must be a UUID", ["id"]);
}

function parseLevel(value: unknown): Level | undefined {
  if (value === undefined || value === null) return undefined;
  const level = levels.find((candidate) => typeof value === "string" && candidate === value.toLowerCase());
  return level ?? reject("metadata-invalid", `level must be one of ${levels.join(", ")}`, ["level"]);
}

function relatedOf(value: unknown, { warn }: DocumentOrigin): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  if (value !== undefined && value !== null) warn("related is not a list; it was left out");
  return [];
}

function optionalTexts(document: Mapping, { warn }: DocumentOrigin): Partial<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const key of ["status", "description", "author", "date", "modified", "license", "taxonomy"]) {
    const value = document[key];
    if (typeof value === "string" || typeof value === "number") texts[key] = String(value);
    else if (value !== undefined && value !== null) warn(`${key} is not text; it was left out`);
  }
  return texts;
}

function textList(document: Mapping, key: string, origin: DocumentOrigin): readonly string[] {
  const value = document[key];
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const texts = list.filter((entry) => typeof entry === "string" || typeof entry === "number").map(String);
  if (texts.length < list.length) origin.warn(`${key} holds entries that are not text; they were left out`);
  return texts;
}

function checkDecoration(document: Mapping, origin: DocumentOrigin): void {
  const { status, description } = document;
  if (status !== undefined && status !== null && !(typeof status === "string" && statuses.includes(status))) {
    origin.warn(`status ${JSON.stringify(status)} is none of ${statuses.join(", ")}`);
  }
  for (const key of ["date", "modified"]) {
    const value = document[key];
    if (value !== undefined && value !== null && !isDay(value)) origin.warn(`${key} is not YYYY-MM-DD`);
  }
  if (typeof description === "string" && description.length > descriptionCharsMax) {
    origin.warn(`description is longer than ${descriptionCharsMax} characters`);
  }
}

/** Older rules write slashes. */
function isDay(value: unknown): boolean {
  return typeof value === "string" && day.test(value) && parseMoment(value.replaceAll("/", "-")) !== undefined;
}
