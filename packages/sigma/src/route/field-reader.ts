import type { Fields } from "../expression.ts";
import { type RouteRole, routeRoles } from "./route-row.ts";

/** The value of a field as the table compares it; `present` for one that is there and no short scalar. */
export type ReadValue = string | typeof present | undefined;
export type FieldReader = (fields: Fields) => ReadValue;

/** Stands for lists, objects and texts longer than any name in a table. */
const present: unique symbol = Symbol("present");
const valueCharsMax = 256;

/** A reader for a role or a plain field name; looks names up once, splits dotted ones here and not per event. */
export function createFieldReader(key: string): FieldReader {
  const role: RouteRole = Object.hasOwn(routeRoles, key) ? (routeRoles[key] ?? { fields: [key] }) : { fields: [key] };
  const ways = role.fields.map(wayTo);
  const { until } = role;
  return (fields) => {
    for (const way of ways) {
      const value = readable(valueAt(fields, way));
      if (value === undefined) continue;
      return until === undefined || typeof value !== "string" ? value : headOf(value, until);
    }
    return undefined;
  };
}

/** A name as one field, and what it is as a way through objects. */
type Way = Readonly<{ name: string; head: string; steps: readonly string[] | undefined }>;

function wayTo(name: string): Way {
  const steps = name.split(".");
  return { name, head: steps[0] ?? name, steps: steps.length > 1 ? steps : undefined };
}

function valueAt(fields: Fields, { name, head, steps }: Way): unknown {
  // A name like `constructor` is found on every object; only own fields count.
  const value = fields[name];
  if (value !== undefined && Object.hasOwn(fields, name)) return value;
  // Most events have nothing under most names: say so before walking.
  return steps === undefined || typeof fields[head] !== "object" ? undefined : nested(fields, steps);
}

/** Follows a dotted name through objects, also where shippers leave a tail of it flat (`{ winlog: { "a.b": 1 } }`). */
function nested(fields: Fields, steps: readonly string[]): unknown {
  let inner: unknown = fields;
  for (const [index, step] of steps.entries()) {
    if (typeof inner !== "object" || inner === null) return undefined;
    const tail = index > 0 && index < steps.length - 1 ? steps.slice(index).join(".") : undefined;
    if (tail !== undefined && Object.hasOwn(inner, tail)) return (inner as Fields)[tail];
    if (!Object.hasOwn(inner, step)) return undefined;
    inner = (inner as Fields)[step];
  }
  return inner;
}

function readable(value: unknown): ReadValue {
  if (typeof value === "string") return value.length > valueCharsMax ? present : value;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  return value === undefined || value === null ? undefined : present;
}

function headOf(value: string, until: string): ReadValue {
  const end = value.indexOf(until);
  return end < 0 ? present : value.slice(0, end);
}
