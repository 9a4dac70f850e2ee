import type { TSchema } from "typebox";
import { ERRORS } from "./errors.ts";
import { PERMISSIONS } from "./permissions.ts";
import type { RouteDefinition } from "./route.ts";
import { routes } from "./routes/index.ts";
import { Problem } from "./schemas/basics.ts";

type Json = Record<string, unknown>;

function parameters(where: "path" | "query", schema: TSchema | undefined): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, Json>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name: name === "*" ? "path" : name,
    in: where,
    required: where === "path" || required.includes(name),
    schema: property,
    ...(typeof property["description"] === "string" ? { description: property["description"] } : {}),
  }));
}

function content(response: RouteDefinition["response"]): Json | undefined {
  if (response === "empty" || response === "websocket") return undefined;
  if (typeof response === "string") return { [response]: { schema: { type: "string" } } };
  return { "application/json": { schema: response } };
}

function requestBody(body: RouteDefinition["body"]): Json | undefined {
  if (body === undefined) return undefined;
  if (body === "raw") {
    const text = { schema: { type: "string" } };
    return {
      required: true,
      content: { "application/x-ndjson": text, "application/json": { schema: {} }, "text/plain": text },
    };
  }
  return { required: true, content: { "application/json": { schema: body } } };
}

function operation(id: string, route: RouteDefinition): Json {
  const answer = content(route.response);
  const asked = requestBody(route.body);
  const problem = {
    description: "Problem details (RFC 9457)",
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
  return {
    operationId: id,
    summary: route.summary,
    tags: [id.slice(0, id.indexOf("."))],
    "x-permission": route.needs,
    security: route.needs === "public" ? [] : [{ session: [] }, { bearer: [] }, { key: [] }],
    parameters: [...parameters("path", route.params), ...parameters("query", route.query)],
    ...(asked === undefined ? {} : { requestBody: asked }),
    responses: {
      [route.response === "websocket" ? 101 : (route.status ?? 200)]: {
        description: route.summary,
        ...(answer === undefined ? {} : { content: answer }),
      },
      default: problem,
    },
  };
}

/** The whole contract as one OpenAPI 3.1 document; JSON Schema 2020-12 is the schema language of both. */
export function openapi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [id, route] of Object.entries<RouteDefinition>(routes)) {
    const path = route.path.replace(/:([A-Za-z]+)/g, "{$1}").replace("*", "{path}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(id, route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Tyr", version, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    paths,
    components: {
      schemas: { Problem },
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "__Host-tyr" },
        bearer: { type: "http", scheme: "bearer" },
        key: { type: "apiKey", in: "header", name: "X-Tyr-Key" },
      },
    },
    "x-permissions": PERMISSIONS,
    "x-errors": Object.fromEntries(
      Object.entries(ERRORS).map(([code, [status, title, help]]) => [code, { status, title, help }]),
    ),
  };
}
