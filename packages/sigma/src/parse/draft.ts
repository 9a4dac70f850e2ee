import { reject, type ValuePath } from "./rejection.ts";
import { isMapping, type Mapping } from "./shape.ts";

/** One line of a selection as written; `at` leads to it in the document, also after it was changed. */
export type DraftItem = Readonly<{
  kind: "item";
  /** `null` for keywords. */
  field: string | null;
  modifiers: readonly string[];
  /** A scalar or a list of scalars; checked when the item is built. */
  value: unknown;
  at: ValuePath;
  /** A keyword list that stands without a key. */
  isBare: boolean;
  /** Names of the processing steps that changed it. */
  applied: ReadonlySet<string>;
}>;

/** A selection, or a part of one. */
export type DraftNode = DraftItem | Readonly<{ kind: "and" | "or"; label: string; children: readonly DraftNode[] }>;

/** A detection between reading and compiling: what processing pipelines change. */
export type DetectionDraft = Readonly<{
  selections: ReadonlyMap<string, DraftNode>;
  condition: unknown;
  /** Conditions that must hold besides. */
  added: readonly Readonly<{ node: DraftNode; negated: boolean }>[];
}>;

const unchanged: ReadonlySet<string> = new Set();

type Origin = Readonly<{ at: ValuePath; reserved: readonly string[] }>;

/** @throws {RuleRejected} `detection-invalid` for selections that are empty */
export function readDetection(section: Mapping, origin: Origin): DetectionDraft {
  const selections = new Map<string, DraftNode>();
  for (const [name, value] of Object.entries(section)) {
    if (!origin.reserved.includes(name)) selections.set(name, readSelection(name, value, [...origin.at, name]));
  }
  if (selections.size === 0) reject("detection-invalid", "there is no selection", origin.at);
  return { selections, condition: section["condition"], added: [] };
}

function readSelection(name: string, value: unknown, at: ValuePath): DraftNode {
  if (isMapping(value)) return readMap(name, value, at);
  if (!Array.isArray(value)) return keywords(name, value, at);
  const list = value as readonly unknown[];
  if (list.length === 0) reject("detection-invalid", `selection ${name} is empty`, at);
  // Keywords in a list are one item (any of them), maps are one alternative each.
  const plain = list.filter((entry) => !isMapping(entry));
  const maps = list.flatMap((entry, index) =>
    isMapping(entry) ? [readMap(`${name}[${index}]`, entry, [...at, index])] : [],
  );
  const children = plain.length === 0 ? maps : [keywords(name, plain, at), ...maps];
  return { kind: "or", label: name, children };
}

function keywords(name: string, value: unknown, at: ValuePath): DraftItem {
  if (value === null || (Array.isArray(value) && value.includes(null))) {
    reject("detection-invalid", `selection ${name} has no content`, at);
  }
  return { ...draftItem("", value, at), isBare: true };
}

/** Reads a map of items, all of which must hold. */
export function readMap(name: string, map: Mapping, at: ValuePath): DraftNode {
  const children = Object.entries(map).map(([key, value]) => draftItem(key, value, [...at, key]));
  if (children.length === 0) reject("detection-invalid", `selection ${name} is empty`, at);
  return { kind: "and", label: name, children };
}

function draftItem(key: string, value: unknown, at: ValuePath): DraftItem {
  const [name = "", ...modifiers] = key.split("|");
  return { kind: "item", field: name === "" ? null : name, modifiers, value, at, isBare: false, applied: unchanged };
}
