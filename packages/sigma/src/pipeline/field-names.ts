import { reject, type ValuePath } from "../parse/rejection.ts";
import { asTextList, type Mapping } from "../parse/shape.ts";
import type { Parameters } from "./parameters.ts";
import type { Transformation } from "./transformation.ts";

type Names = ReadonlyMap<string, readonly string[]>;

/** A name may hold anything but the sign that begins a modifier. */
function checkName(name: string, parameters: Parameters, key: string): string {
  if (!name.includes("|")) return name;
  return reject("pipeline-invalid", `${JSON.stringify(name)} is no field name: | begins a modifier`, [
    ...parameters.at,
    key,
  ]);
}

/** Nothing would be left of an item; `drop_detection_item` says that plainly. */
function someOf(names: readonly string[], at: ValuePath): readonly string[] {
  return names.length > 0 ? names : reject("pipeline-invalid", "a field needs at least one name", at);
}

function readNames(mapping: Mapping, parameters: Parameters): Names {
  const place = (from: string): { at: (string | number)[]; code: "pipeline-invalid" } => ({
    at: [...parameters.at, "mapping", from],
    code: "pipeline-invalid",
  });
  return new Map(
    Object.entries(mapping).map(([from, to]) => [
      from,
      someOf(asTextList(to, `the mapping of ${from}`, place(from)), place(from).at).map((name) =>
        checkName(name, parameters, "mapping"),
      ),
    ]),
  );
}

function turned(names: Names): Names {
  const back = new Map<string, readonly string[]>();
  for (const [from, list] of names) for (const to of list) back.set(to, [...(back.get(to) ?? []), from]);
  return back;
}

function mappingOf(names: Names, keywords?: readonly string[]): Transformation {
  return {
    kind: "rename",
    rename: (field) => names.get(field),
    sources: [...names.keys()],
    // Keywords search every field of an event: that they are confined to one has no other way round.
    ...(keywords === undefined ? { reversed: () => mappingOf(turned(names)) } : { keywords }),
  };
}

/** `mapping: { Image: process.executable, User: [user.name, user.id] }`; the name `null` stands for keywords. */
export function fieldNameMapping(parameters: Parameters): Transformation {
  if (!parameters.has("mapping")) reject("pipeline-invalid", "mapping is missing", parameters.at);
  const names = new Map(readNames(parameters.map("mapping"), parameters));
  const keywords = names.get("");
  names.delete("");
  return mappingOf(names, keywords);
}

function prefixesOf(names: Names): Transformation {
  return {
    kind: "rename",
    rename: (field) => {
      for (const [prefix, list] of names)
        if (field.startsWith(prefix)) return list.map((other) => other + field.slice(prefix.length));
      return undefined;
    },
    reversed: () => prefixesOf(turned(names)),
  };
}

/** `mapping: { win.: windows. }`; the first prefix that fits counts. */
export function fieldNamePrefixMapping(parameters: Parameters): Transformation {
  if (!parameters.has("mapping")) reject("pipeline-invalid", "mapping is missing", parameters.at);
  return prefixesOf(readNames(parameters.map("mapping"), parameters));
}

export function fieldNamePrefix(parameters: Parameters): Transformation {
  const prefix = checkName(parameters.text("prefix"), parameters, "prefix");
  const strip = (field: string): readonly string[] | undefined =>
    field.startsWith(prefix) ? [field.slice(prefix.length)] : undefined;
  return affix((field) => [prefix + field], strip);
}

export function fieldNameSuffix(parameters: Parameters): Transformation {
  const suffix = checkName(parameters.text("suffix"), parameters, "suffix");
  const strip = (field: string): readonly string[] | undefined =>
    field.endsWith(suffix) ? [field.slice(0, field.length - suffix.length)] : undefined;
  return affix((field) => [field + suffix], strip);
}

type Rename = (field: string) => readonly string[] | undefined;

function affix(rename: Rename, back: Rename): Transformation {
  return { kind: "rename", rename, reversed: () => affix(back, rename) };
}

const functions = {
  lower: (name: string) => name.toLowerCase(),
  upper: (name: string) => name.toUpperCase(),
  title: (name: string) =>
    name.replace(/\p{L}+/gu, (word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()),
  snake_case: snakeCase,
};
type FunctionName = keyof typeof functions;

/** `ParentImage` becomes `parent_image`, `HTTPMethod` becomes `http_method`. */
export function snakeCase(name: string): string {
  return name
    .replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1_$2")
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1_$2")
    .replaceAll(/[\s-]+/g, "_")
    .toLowerCase();
}

/** `transform_func: lower`; `mapping` names exceptions. */
export function fieldNameTransform(parameters: Parameters): Transformation {
  const names: readonly FunctionName[] = ["lower", "upper", "title", "snake_case"];
  if (!parameters.has("transform_func")) reject("pipeline-invalid", "transform_func is missing", parameters.at);
  const change = functions[parameters.oneOf("transform_func", names, "lower")];
  const exceptions = readNames(parameters.map("mapping"), parameters);
  return { kind: "rename", rename: (field) => exceptions.get(field) ?? [change(field)] };
}
