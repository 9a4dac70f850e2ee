import type { Static, TSchema } from "typebox";
import type { Permission } from "./permissions.ts";

export type Method = "GET" | "HEAD" | "POST" | "PATCH" | "PUT" | "DELETE";

/**
 * One route. `needs` is the permission a caller must hold; "public" is said aloud, never by leaving it out.
 * `response` is a schema, or the media type of a body that is not JSON.
 */
export type RouteDefinition = Readonly<{
  method: Method;
  path: `/${string}`;
  needs: Permission | "public";
  summary: string;
  status?: number;
  params?: TSchema;
  query?: TSchema;
  /** A JSON schema, or "raw" for bytes the handler reads itself (logs, NDJSON). */
  body?: TSchema | "raw";
  response: TSchema | "text/plain" | "application/octet-stream" | "websocket" | "empty";
}>;

type StaticOr<S, Otherwise> = S extends TSchema ? Static<S> : Otherwise;
type Part<R, K extends "params" | "query" | "body"> =
  R extends Record<K, infer S> ? StaticOr<S, Uint8Array> : undefined;

/** What a handler of this route gets, already validated. */
export type RouteInput<R extends RouteDefinition> = Readonly<{
  params: Part<R, "params">;
  query: Part<R, "query">;
  body: Part<R, "body">;
}>;
/** What it answers. */
export type RouteOutput<R extends RouteDefinition> = R["response"] extends TSchema
  ? Static<R["response"]>
  : R["response"] extends "empty"
    ? undefined
    : string | Uint8Array;
