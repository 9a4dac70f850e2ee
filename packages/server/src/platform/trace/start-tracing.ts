import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "#platform/log";
import { useTracer } from "./spans.ts";

export type TracingOptions = Readonly<{
  /** Where a collector takes spans over OTLP/HTTP; undefined: no span is made, and no library for it is loaded. */
  url: string | undefined;
  version: string;
  log: Logger;
}>;

/** Longest one delivery may take, and the last one when the server stops. */
const DELIVERY_MS = 5_000;
/** Spans that wait; what is more is dropped by the library, oldest stay. */
const WAITING_MAX = 2_048;

/** Sends spans to a collector until it is disposed of. Nobody waits for them, and a collector that is away costs nothing else. */
export async function startTracing({ url, version, log }: TracingOptions): Promise<AsyncDisposable> {
  if (url === undefined) return { [Symbol.asyncDispose]: async () => await Promise.resolve() };
  const [{ BatchSpanProcessor, TracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all(
    [
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/resources"),
    ],
  );
  const exporter = telling(new OTLPTraceExporter({ url, timeoutMillis: DELIVERY_MS }), log);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "tyr", "service.version": version }),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: WAITING_MAX, exportTimeoutMillis: DELIVERY_MS })],
  });
  const before = useTracer(provider.getTracer("tyr", version));
  return {
    async [Symbol.asyncDispose]() {
      useTracer(before);
      await provider.shutdown().catch(() => log.warn("the last spans could not be delivered"));
    },
  };
}

/** Says once that spans do not arrive, and once that they do again: not what the collector answered. */
function telling(exporter: SpanExporter, log: Logger): SpanExporter {
  let isAway = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined;
        if (failed && !isAway) log.warn("the collector takes no spans (TYR_TRACES_URL): they are lost");
        if (!failed && isAway) log.info("the collector takes spans again");
        isAway = failed;
        done(result);
      });
    },
    forceFlush: async () => await exporter.forceFlush?.(),
    shutdown: async () => await exporter.shutdown(),
  };
}
