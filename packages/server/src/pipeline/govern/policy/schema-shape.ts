import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import { PolicyBundleInvalid } from "./errors.ts";

/** Attributes a schema declares, and those of records among them. Undefined: no record, or one that takes anything. */
type Shape = ReadonlyMap<string, Shape> | undefined;

/**
 * What a bundle's schema asks to be told. A newer Tyr knows more about a situation than an older bundle declares, and
 * strict validation refuses what is not declared; what no policy can name is left out, so that a bundle decides as on the
 * day it was published. What is declared and missing stays an error, and that a deny.
 */
export type SchemaShape = Readonly<{
  actions: readonly string[];
  /** An action with all groups it is in, and who can ask for it of what. */
  appliesTo(action: string): Reach;
  context(action: string): Shape;
  entity(type: string): Shape;
  /** Types of what entities of this type can be in. */
  parents(type: string): readonly string[];
}>;

type Reach = Readonly<{
  names: ReadonlySet<string>;
  principals: readonly string[];
  resources: readonly string[];
}>;
type Actions = cedar.NamespaceDefinition<string>["actions"];

/** Cedar refuses groups that hold one another. */
function namesOf(actions: Actions, action: string): readonly string[] {
  const groups = (Object.hasOwn(actions, action) ? actions[action]?.memberOf : undefined) ?? [];
  return [action, ...groups.flatMap(({ id }) => namesOf(actions, id))];
}

function reachOf(actions: Actions, action: string): Reach {
  const { principalTypes = [], resourceTypes = [] } = actions[action]?.appliesTo ?? {};
  return { names: new Set(namesOf(actions, action)), principals: principalTypes, resources: resourceTypes };
}

type Types = Readonly<Record<string, unknown>>;
type Declared = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Declared {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Common types refer to one another; Cedar refuses cycles among them before this reads any. */
function shapeOf(declared: unknown, common: Types): Shape {
  if (!isObject(declared)) return undefined;
  const { type, name, attributes } = declared;
  if (type === "Record" && isObject(attributes))
    return new Map(Object.entries(attributes).map(([key, value]) => [key, shapeOf(value, common)]));
  const referred = type === "EntityOrCommon" ? name : type;
  return typeof referred === "string" && Object.hasOwn(common, referred)
    ? shapeOf(common[referred], common)
    : undefined;
}

/** @throws {PolicyBundleInvalid} `POLICY_BUNDLE_INVALID` the schema cannot be read */
export function readSchemaShape(schema: string): SchemaShape {
  const answer = cedar.schemaToJson(schema);
  if (answer.type === "failure")
    throw new PolicyBundleInvalid("schema.cedarschema", answer.errors.map(({ message }) => message).join("; "));
  const { commonTypes = {}, entityTypes = {}, actions = {} } = answer.json[""] ?? {};
  const contexts = new Map(
    Object.entries(actions).map(([name, { appliesTo }]) => [name, shapeOf(appliesTo?.context, commonTypes)]),
  );
  const entities = new Map(
    Object.entries(entityTypes).map(([name, entity]) => [
      name,
      shapeOf("shape" in entity ? entity.shape : undefined, commonTypes),
    ]),
  );
  return {
    actions: [...contexts.keys()],
    appliesTo: (action) => reachOf(actions, action),
    context: (action) => contexts.get(action),
    entity: (type) => entities.get(type),
    parents(type) {
      const entity = Object.hasOwn(entityTypes, type) ? entityTypes[type] : undefined;
      return entity !== undefined && "memberOfTypes" in entity ? (entity.memberOfTypes ?? []) : [];
    },
  };
}

/** The value without what the shape does not declare. Values themselves are not looked at: Cedar validates them. */
export function fitted(value: Declared, shape: Shape): Declared {
  if (shape === undefined) return value;
  const kept = Object.entries(value).filter(([name]) => shape.has(name));
  return Object.fromEntries(
    kept.map(([name, one]) => [name, isObject(one) && !("__entity" in one) ? fitted(one, shape.get(name)) : one]),
  );
}
