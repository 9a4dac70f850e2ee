export type { SpanAttributes } from "./attributes.ts";
export { isTracing, noteSpan, onSpan, type SpanName, traced } from "./spans.ts";
export { startTracing } from "./start-tracing.ts";
