import { AsyncLocalStorage } from "node:async_hooks";
import { ROOT_CONTEXT, SpanStatusCode, trace, type Span, type Tracer } from "@opentelemetry/api";
import { sayable, type SpanAttributes } from "./attributes.ts";

/** One per batch, tick, change or request; never one per event. */
export type SpanName =
  | "ttp.bus.publish"
  | "ttp.eval"
  | "ttp.eval.dispatch"
  | `ttp.lifter.${string}`
  | "ttp.rule.fire"
  | "ttp.rule.ingest"
  | "ttp.rule.parse"
  | "ttp.rule.publish"
  | "ttp.rule.state.change"
  | "ttp.rule.validate"
  | "ttp.store.write_state"
  | "ttp.tag.write"
  | "ttp.worker.intel_catchup"
  | "ttp.worker.tick"
  | `api.ttp.${string}`;

const spans = new AsyncLocalStorage<Span>();
let tracer: Tracer | undefined;

/** Where spans go from here on; undefined: nowhere, and they cost one comparison. @returns who made them before */
export function useTracer(next: Tracer | undefined): Tracer | undefined {
  const before = tracer;
  tracer = next;
  return before;
}

/** For what is only gathered to be said of it. */
export function isTracing(): boolean {
  return tracer !== undefined;
}

/** Does the work within a span, below the span in hand. Breakage marks the span, with its code and without its words. */
export function traced<T>(name: SpanName, work: () => T, about: SpanAttributes = {}): T {
  if (tracer === undefined) return work();
  const span = begun(tracer, name, { attributes: sayable(about) });
  return spans.run(span, () => ending(span, work));
}

/** A span of what is over: from `since` to now. */
export function noteSpan(name: SpanName, about: SpanAttributes, since: Date): void {
  if (tracer !== undefined) begun(tracer, name, { attributes: sayable(about), startTime: since }).end();
}

/** Says more of the span in hand. */
export function onSpan(about: SpanAttributes): void {
  if (tracer !== undefined) spans.getStore()?.setAttributes(sayable(about));
}

function begun(by: Tracer, name: SpanName, options: Parameters<Tracer["startSpan"]>[1]): Span {
  const parent = spans.getStore();
  return by.startSpan(name, options, parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent));
}

function ending<T>(span: Span, work: () => T): T {
  let done: T;
  try {
    done = work();
  } catch (error) {
    failed(span, error);
    throw error;
  }
  if (!(done instanceof Promise)) {
    span.end();
    return done;
  }
  done.then(
    () => span.end(),
    (error: unknown) => failed(span, error),
  );
  return done;
}

/** A message may repeat what an attacker sent; a code does not. */
function failed(span: Span, error: unknown): void {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "UNNAMED";
  span.setAttributes(sayable({ error_code: code }));
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
