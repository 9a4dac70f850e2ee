import type { Static, TSchema } from "typebox";
import type { Permission } from "./permissions.ts";
import type { StepUpClass } from "./step-up.ts";

export type Method = "GET" | "HEAD" | "POST" | "PATCH" | "PUT" | "DELETE";

/**
 * One route. `needs` is the permission a caller must hold; "public" is said aloud, never by leaving it out.
 * `response` is a schema, or the media type of a body that is not JSON.
 */
export type RouteDefinition = Readonly<{
  method: Method;
  path: `/${string}`;
  needs: Permission | "public";
  /** Asks for a recent proof of who calls, besides the permission. Programs cannot give one. */
  stepUp?: StepUpClass;
  /** Programs come without a proof all the same: the scope somebody gave their key is what lets them. */
  programsUnproved?: true;
  /** Also for a session that is good for adding a second factor only, where the installation asks for one. */
  beforeSecondFactor?: true;
  /** Also for a session that a password somebody else chose has opened: what choosing one's own needs. */
  beforeOwnPassword?: true;
  summary: string;
  status?: number;
  /** Its answer carries an ETag, and If-None-Match is answered with 304. */
  etag?: true;
  params?: TSchema;
  query?: TSchema;
  /** A JSON schema, or "raw" for bytes the handler reads itself (logs, NDJSON). */
  body?: TSchema | "raw";
  /** What a raw body is when it is form-encoded (RFC 6749): for readers of the contract; the handler reads it itself. */
  form?: TSchema;
  response:
    | TSchema
    | "application/scim+json"
    | "text/plain"
    | "text/html"
    | "application/octet-stream"
    | "websocket"
    | "empty";
}>;

/** A string is asked for first: under TypeBox's types a string literal would pass for a schema. */
type PartOf<S> = S extends string ? Uint8Array : S extends TSchema ? Static<S> : undefined;
type Part<R, K extends "params" | "query" | "body"> = R extends Record<K, infer S> ? PartOf<S> : undefined;
type AnswerOf<S> = S extends "empty" | "websocket"
  ? undefined
  : S extends "application/scim+json" | "text/plain" | "text/html"
    ? string
    : S extends string
      ? Uint8Array
      : S extends TSchema
        ? Static<S>
        : never;

/** What a handler of this route gets, already validated. */
export type RouteInput<R extends RouteDefinition> = Readonly<{
  params: Part<R, "params">;
  query: Part<R, "query">;
  body: Part<R, "body">;
}>;
/** What it answers: the schema's type, text, bytes, or nothing. */
export type RouteOutput<R extends RouteDefinition> = AnswerOf<R["response"]>;
