import type { IncomingHttpHeaders } from "node:http";
import type { InputOf, OutputOf, Result, RouteId } from "@tyr/contract";
import type { Caller } from "#identity";

/** What a handler knows about the request beyond its validated input. */
export type Call = Readonly<{
  caller: Caller;
  requestId: string;
  /** HEAD reaches the handler of GET; it hands nothing over, so it leaves no trace of having done so. */
  method: string;
  /** Address of the peer, or of the client behind a trusted proxy. */
  address: string;
  headers: IncomingHttpHeaders;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
  /** Sets a response header. */
  setHeader(name: string, value: string): void;
  /** Overrides the documented status, e.g. 304. */
  setStatus(status: number): void;
  /** Runs once after the whole response was handed to the socket; never when the client went away before that, nor for HEAD or an error. */
  afterSent(work: () => Promise<void>): void;
}>;

/** A refusal is a value; its code decides the HTTP status in one table. Handlers never choose an error status. */
export type Handler<K extends RouteId> = (input: InputOf<K>, call: Call) => Promise<Result<OutputOf<K>>>;
export type Handlers = { readonly [K in RouteId]: Handler<K> };
