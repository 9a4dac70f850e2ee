export type { SpanAttributes } from "./attributes.ts";
export { isTracing, noteSpan, onSpan, type SpanName, traced, useTracer } from "./spans.ts";
export { startTracing } from "./start-tracing.ts";
