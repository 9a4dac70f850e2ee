import { attributeOf, type Attribute, type Kind } from "./attributes.ts";
import { attributePath, type AttributePath } from "./filter.ts";
import type { Json, Resource } from "./match.ts";

/** Names in one query. */
const NAMES_MAX = 100;

export type View = Readonly<{ attributes?: string | undefined; excludedAttributes?: string | undefined }>;

function pathsOf(list: string | undefined): readonly AttributePath[] | undefined {
  if (list === undefined) return undefined;
  const names = list.split(",", NAMES_MAX).map((one) => one.trim());
  return names.flatMap((name) => attributePath(name) ?? []);
}

function mapValues(value: Json, turn: (element: Resource) => Resource): Json {
  return Array.isArray(value) ? (value as readonly Resource[]).map(turn) : turn(value as Resource);
}

function onlyParts(value: Json, attribute: Attribute, keep: (part: string) => boolean): Json {
  const kept = Object.values(attribute.parts ?? {}).filter((part) => keep(part.name.toLowerCase()));
  return mapValues(value, (element) =>
    Object.fromEntries(
      kept.flatMap(({ name }) => (Object.hasOwn(element, name) ? [[name, element[name]] as const] : [])),
    ),
  );
}

/**
 * What of a resource was asked for (RFC 7644 section 3.9); id and schemas always. Names nobody knows are passed over, as
 * the RFC has it.
 */
export function project(kind: Kind, resource: Resource, view: View): Resource {
  const [wanted, unwanted] = [pathsOf(view.attributes), pathsOf(view.excludedAttributes)];
  if (wanted === undefined && unwanted === undefined) return resource;
  const entries = Object.entries(resource).flatMap(([name, value]): (readonly [string, Json])[] => {
    const attribute = attributeOf(kind.attributes, name.toLowerCase());
    if (attribute === undefined || attribute.returned === "always") return [[name, value]];
    const of = (paths: readonly AttributePath[]) => paths.filter((one) => one.name === name.toLowerCase());
    if (wanted !== undefined) {
      const asked = of(wanted);
      if (asked.length === 0) return [];
      if (asked.some(({ sub }) => sub === undefined)) return [[name, value]];
      return [[name, onlyParts(value, attribute, (part) => asked.some(({ sub }) => sub === part))]];
    }
    const left = of(unwanted ?? []);
    if (left.some(({ sub }) => sub === undefined)) return [];
    if (left.length === 0) return [[name, value]];
    return [[name, onlyParts(value, attribute, (part) => !left.some(({ sub }) => sub === part))]];
  });
  return Object.fromEntries(entries);
}
