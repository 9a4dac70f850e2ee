import type { TSchema } from "typebox";
import { ERRORS } from "./errors.ts";
import { PERMISSIONS } from "./permissions.ts";
import type { RouteDefinition } from "./route.ts";
import { routes } from "./routes/index.ts";
import { Problem } from "./schemas/basics.ts";
import { CrowdsecError } from "./schemas/respond.ts";
import { OauthError } from "./schemas/tokens.ts";
import { STEP_UP_SECONDS } from "./step-up.ts";

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

function requestBody({ body, form, path }: RouteDefinition): Json | undefined {
  if (body === undefined) return undefined;
  if (form !== undefined) return { required: true, content: { "application/x-www-form-urlencoded": { schema: form } } };
  if (body === "raw") {
    if (path.startsWith("/scim/"))
      return { required: true, content: { "application/scim+json": { schema: { type: "object" } } } };
    const text = { schema: { type: "string" } };
    return {
      required: true,
      content: { "application/x-ndjson": text, "application/json": { schema: {} }, "text/plain": text },
    };
  }
  return { required: true, content: { "application/json": { schema: body } } };
}

/** What `authenticate` accepts: a key counts only where its kind is asked for, and there nobody's session does. */
function security({ needs, form }: RouteDefinition): Json[] {
  if (form !== undefined) return [{ client: [] }, {}];
  if (needs === "public") return [];
  if (needs === "event:write") return [{ sensorKey: [] }, { honeypotKey: [] }];
  if (needs === "block:enforce") return [{ enforcerKey: [] }, { basic: [] }];
  return [{ session: [] }, { bearer: [] }];
}

function securitySchemes(cookieName: string): Json {
  const header = (name: string, description: string): Json => ({ type: "apiKey", in: "header", name, description });
  return {
    session: { type: "apiKey", in: "cookie", name: cookieName },
    bearer: {
      type: "http",
      scheme: "bearer",
      description: "the session token of a sign-in that asked for one, an API key, or an access token for one",
    },
    client: { type: "http", scheme: "basic", description: "the id of an API key as name, the key as password" },
    sensorKey: header("X-Tyr-Key", "the key of a sensor"),
    honeypotKey: header("X-HONEYPOT-KEY", "the key of a sensor, under its older name"),
    enforcerKey: header("X-Api-Key", "the key of an enforcement point"),
    basic: { type: "http", scheme: "basic", description: "the key of an enforcement point as the password" },
  };
}

const inHeader = (name: string, description: string, schema: Json = { type: "string" }): Json => ({
  name,
  in: "header",
  required: false,
  description,
  schema,
});

function headers({ body, form, etag, path }: RouteDefinition): Json[] {
  const raw = [
    inHeader("Idempotency-Key", "the same key with the same content is stored once, for 7 days", {
      type: "string",
      pattern: "^[\\x21-\\x7e]{1,200}$",
    }),
    inHeader("Content-Encoding", "gzip, in any case", { type: "string", enum: ["gzip", "x-gzip", "identity"] }),
  ];
  const conditional = [inHeader("If-None-Match", "the ETag of an answer one has: 304 while it is the same")];
  if (path.startsWith("/scim/")) return [inHeader("If-Match", "change only the version that has this ETag")];
  return [...(body === "raw" && form === undefined ? raw : []), ...(etag === true ? conditional : [])];
}

function refusal({ path, form }: RouteDefinition): Json {
  if (form !== undefined)
    return {
      description: "A refusal as OAuth clients know it (RFC 6749 section 5.2)",
      content: { "application/json": { schema: { $ref: "#/components/schemas/OauthError" } } },
    };
  if (path.startsWith("/v1/"))
    return {
      description: "A refusal as CrowdSec's clients know it; 403 for every key that is not good",
      content: { "application/json": { schema: { $ref: "#/components/schemas/CrowdsecError" } } },
    };
  if (path.startsWith("/scim/"))
    return {
      description: "An error as RFC 7644 section 3.12 has it",
      content: { "application/scim+json": { schema: { type: "object" } } },
    };
  return {
    description: "Problem details (RFC 9457)",
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
}

function answered(route: RouteDefinition): Json {
  const answer = content(route.response);
  const etag = { headers: { ETag: { schema: { type: "string" } } } };
  return {
    description: route.summary,
    ...(answer === undefined ? {} : { content: answer }),
    ...(route.etag === true ? etag : {}),
  };
}

function operation(id: string, route: RouteDefinition): Json {
  const asked = requestBody(route);
  return {
    operationId: id,
    summary: route.summary,
    tags: [id.slice(0, id.indexOf("."))],
    "x-permission": route.needs,
    ...(route.stepUp === undefined ? {} : { "x-recent-proof-seconds": STEP_UP_SECONDS[route.stepUp] }),
    security: security(route),
    parameters: [...parameters("path", route.params), ...parameters("query", route.query), ...headers(route)],
    ...(asked === undefined ? {} : { requestBody: asked }),
    responses: {
      [route.response === "websocket" ? 101 : (route.status ?? 200)]: answered(route),
      ...(route.etag === true ? { 304: { description: "It is still the same" } } : {}),
      default: refusal(route),
    },
  };
}

/**
 * The whole contract as one OpenAPI 3.1 document; JSON Schema 2020-12 is the schema language of both.
 *
 * @param cookieName of the session: it differs between http and https
 */
export function openapi(version: string, cookieName = "__Host-tyr"): Json {
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
      schemas: { Problem, CrowdsecError, OauthError },
      securitySchemes: securitySchemes(cookieName),
    },
    "x-permissions": PERMISSIONS,
    "x-errors": Object.fromEntries(
      Object.entries(ERRORS).map(([code, [status, title, help]]) => [code, { status, title, help }]),
    ),
  };
}
