import { routes, type RouteDefinition, type RouteId } from "@tyr/contract";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";

type Part = "body" | "response";
type Check = (value: unknown) => readonly string[];
const checks = new Map<string, Check>();

function checkOf(id: RouteId, part: Part): Check {
  const route: RouteDefinition = routes[id];
  const schema: TSchema | string | undefined = route[part];
  if (schema === undefined || schema === "empty")
    return (value) => (value === undefined ? [] : [`${id} ${part}: something, where the contract has nothing`]);
  // Text and bytes have no schema.
  if (typeof schema === "string") return () => [];
  const validator = Compile(schema);
  return (value) =>
    validator.Check(value)
      ? []
      : validator.Errors(value).map(({ instancePath, message }) => `${id} ${part}${instancePath} ${message}`);
}

/** Where a body or an answer is not what the contract says; empty when it is. */
export function faultsOf(id: RouteId, part: Part, value: unknown): readonly string[] {
  const key = `${id} ${part}`;
  const check = checks.get(key) ?? checkOf(id, part);
  checks.set(key, check);
  return check(value);
}
