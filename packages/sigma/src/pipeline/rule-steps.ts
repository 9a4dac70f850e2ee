import { isMany, parsePattern } from "../compile/sigma-string.ts";
import { type DraftItem, readMap } from "../parse/draft.ts";
import type { Logsource } from "../parse/logsource.ts";
import { reject } from "../parse/rejection.ts";
import type { RuleRun } from "./apply-to-rule.ts";
import type { Parameters } from "./parameters.ts";
import type { Transformation } from "./transformation.ts";

export function dropDetectionItem(): Transformation {
  return { kind: "item", change: () => undefined };
}

/** `conditions: { index: main }`, also with modifiers in the name; `template` fills in `$product` and its kin. */
export function addCondition(parameters: Parameters): Transformation {
  if (!parameters.has("conditions")) reject("pipeline-invalid", "conditions is missing", parameters.at);
  const conditions = parameters.map("conditions");
  const label = parameters.optionalText("name") ?? "added condition";
  const negated = parameters.flag("negated");
  const template = parameters.flag("template");
  readMap(label, conditions, parameters.at);
  return {
    kind: "whole",
    onRule: (run) => {
      const { detection, logsource } = run.draft;
      if (detection === undefined) return;
      const filled = template ? filledIn(conditions, logsource) : conditions;
      const node = readMap(label, filled as typeof conditions, ["detection"]);
      run.draft = { ...run.draft, detection: { ...detection, added: [...detection.added, { node, negated }] } };
    },
  };
}

function filledIn(value: unknown, logsource: Logsource | undefined): unknown {
  if (typeof value === "string") {
    return value.replaceAll(/\$(product|category|service)\b/g, (_, part: "product" | "category" | "service") => {
      return logsource?.[part] ?? "";
    });
  }
  if (Array.isArray(value)) return value.map((one) => filledIn(one, logsource));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filledIn(inner, logsource)]));
}

/** The whole log source is replaced: parts that are not named are gone. */
export function changeLogsource(parameters: Parameters): Transformation {
  const changed: Record<string, string> = {};
  for (const part of ["product", "category", "service"] as const) {
    const value = parameters.optionalText(part);
    if (value !== undefined) changed[part] = value.toLowerCase();
  }
  if (Object.keys(changed).length === 0)
    reject("pipeline-invalid", "names neither product, category nor service", parameters.at);
  return {
    kind: "whole",
    onRule: (run) => {
      if (run.draft.logsource === undefined) return;
      run.draft = { ...run.draft, logsource: { ...changed, custom: run.draft.logsource.custom } };
    },
    onEvent: (run) => {
      run.logsource = changed;
    },
  };
}

type FieldsChange = (fields: readonly string[]) => readonly string[];

/** The rule's `fields`: what a screen should show of a matching event. */
function onFields(change: FieldsChange): Transformation {
  return {
    kind: "whole",
    onRule: (run) => {
      const { metadata } = run.draft;
      run.draft = { ...run.draft, metadata: { ...metadata, fields: change(metadata.fields) } };
    },
  };
}

export function addField(parameters: Parameters): Transformation {
  const added = parameters.texts("field");
  return onFields((fields) => [...fields, ...added.filter((name) => !fields.includes(name))]);
}

export function removeField(parameters: Parameters): Transformation {
  const removed = parameters.texts("field");
  return onFields((fields) => fields.filter((name) => !removed.includes(name)));
}

export function setField(parameters: Parameters): Transformation {
  const fields = parameters.texts("fields");
  return onFields(() => fields);
}

export function setState(parameters: Parameters): Transformation {
  const key = parameters.text("key");
  const value = parameters.scalar("val");
  const set = (run: { readonly state: Map<string, unknown> }): void => void run.state.set(key, value);
  return { kind: "whole", onRule: set, onEvent: set };
}

/** Kept beside the rule's own keys, in `custom`. */
export function setCustomAttribute(parameters: Parameters): Transformation {
  const attribute = parameters.text("attribute");
  const value = parameters.raw("value") ?? null;
  return {
    kind: "whole",
    onRule: (run) => {
      const { metadata } = run.draft;
      run.draft = { ...run.draft, metadata: { ...metadata, custom: { ...metadata.custom, [attribute]: value } } };
    },
  };
}

export function ruleFailure(parameters: Parameters): Transformation {
  const message = parameters.text("message");
  return { kind: "whole", onRule: () => reject("pipeline-failed", message, []) };
}

export function detectionItemFailure(parameters: Parameters): Transformation {
  const message = parameters.text("message");
  return { kind: "item", change: ({ at }) => reject("pipeline-failed", message, at) };
}

const positions: ReadonlySet<string> = new Set(["contains", "startswith", "endswith"]);
const kept: ReadonlySet<string> = new Set(["all", "neq", "cased"]);

/**
 * Text values become expressions that match the same texts; `method` says whether case counts. Items with other
 * modifiers are left alone.
 */
export function toRegex(parameters: Parameters): Transformation {
  const methods = ["plain", "ignore_case_flag", "ignore_case_brackets"] as const;
  const method = parameters.oneOf("method", methods, "ignore_case_brackets");
  return {
    kind: "item",
    change: (item) => {
      const isText = item.modifiers.every((modifier) => positions.has(modifier) || kept.has(modifier));
      const list = listOf(item.value);
      if (!isText || !list.every((value) => typeof value === "string")) return item;
      const position =
        item.modifiers.find((modifier) => positions.has(modifier)) ?? (item.field === null ? "contains" : "");
      const rest = item.modifiers.filter((modifier) => modifier === "all" || modifier === "neq");
      const flags = method === "plain" || item.modifiers.includes("cased") ? ["s"] : ["i", "s"];
      const value = list.map((text) => expressionOf(text, position));
      return { ...item, modifiers: ["re", ...flags, ...rest], value: Array.isArray(item.value) ? value : value[0] };
    },
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

function expressionOf(text: string, position: string): string {
  const body = parsePattern(text)
    .map((part) =>
      typeof part === "string" ? part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`) : isMany(part) ? ".*" : ".",
    )
    .join("");
  const start = position === "contains" || position === "endswith" ? "" : "^";
  const end = position === "contains" || position === "startswith" ? "" : "$";
  return `${start}${body}${end}`;
}

/** Which placeholders a step is about. */
function selected(parameters: Parameters): (name: string) => boolean {
  const include = parameters.has("include") ? new Set(parameters.texts("include")) : undefined;
  const exclude = parameters.has("exclude") ? new Set(parameters.texts("exclude")) : undefined;
  if (include !== undefined && exclude !== undefined)
    reject("pipeline-invalid", "include and exclude exclude each other", parameters.at);
  return (name) => (include?.has(name) ?? true) && !(exclude?.has(name) ?? false);
}

type Choices = (name: string, run: RuleRun) => readonly string[] | undefined;

const placeholder = /\\%|%([\p{L}\p{N}_.-]+)%/gu;
/** Values one item may come to; the loader has a limit of its own for what is left. */
const valuesMax = 4096;

/** Replaces what it knows; the rest is left for later steps and refused when the rule is built. */
function placeholders(parameters: Parameters, choicesOf: Choices): Transformation {
  const isMeant = selected(parameters);
  return {
    kind: "item",
    change: (item, run) => {
      if (!item.modifiers.includes("expand")) return item;
      const values = listOf(item.value).flatMap((value): readonly unknown[] =>
        typeof value === "string"
          ? expanded(value, (name) => (isMeant(name) ? choicesOf(name, run) : undefined))
          : [value],
      );
      if (values.length > valuesMax)
        reject("limit-exceeded", `placeholders expand to more than ${valuesMax} values`, item.at);
      return withValues(item, values);
    },
  };
}

function withValues(item: DraftItem, values: readonly unknown[]): DraftItem {
  return { ...item, value: Array.isArray(item.value) || values.length !== 1 ? values : values[0] };
}

function expanded(text: string, choicesOf: (name: string) => readonly string[] | undefined): readonly string[] {
  let texts = [""];
  let end = 0;
  for (const found of text.matchAll(placeholder)) {
    const before = text.slice(end, found.index);
    end = found.index + found[0].length;
    const choices = found[1] === undefined ? undefined : choicesOf(found[1]);
    // The `expand` modifier stays, so percent signs of a value must not begin another placeholder.
    const pieces = choices?.map((choice) => choice.replaceAll("%", String.raw`\%`)) ?? [found[0]];
    texts = texts.flatMap((start) => pieces.map((piece) => start + before + piece)).slice(0, valuesMax + 1);
  }
  return texts.map((start) => start + text.slice(end));
}

/** `%name%` becomes the values of the variable `name`. */
export function valuePlaceholders(parameters: Parameters): Transformation {
  return placeholders(parameters, (name, { vars }) =>
    Object.hasOwn(vars, name) ? vars[name]?.map(String) : undefined,
  );
}

/** `%name%` becomes `*`. */
export function wildcardPlaceholders(parameters: Parameters): Transformation {
  return placeholders(parameters, () => ["*"]);
}
