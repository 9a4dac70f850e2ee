import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, test } from "vitest";
import { noteSpan, onSpan, traced, useTracer } from "./spans.ts";

const RULE = "4d3b2a10-0000-4000-8000-000000000001";
const CONTENT = "hunter2 from 203.0.113.7";

function recording(): () => readonly ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  useTracer(provider.getTracer("test"));
  return () => exporter.getFinishedSpans();
}

class Broken extends Error {
  readonly code = "BROKEN_THING";
}

afterEach(() => void useTracer(undefined));

describe("spans", () => {
  test("are not made while nobody takes them: the work's own answer comes back, of its own kind", async () => {
    expect(traced("ttp.eval", () => 7)).toBe(7);
    const promise = Promise.resolve(8);
    expect(traced("ttp.eval", () => promise)).toBe(promise);
    onSpan({ events: 1 });
    noteSpan("ttp.rule.fire", { rule_id: RULE }, new Date());
    await promise;
  });

  test("lie below the one in hand, across what is awaited, and end when the work does", async () => {
    const finished = recording();
    const work = async (): Promise<string> => {
      await Promise.resolve();
      traced("ttp.eval.dispatch", () => onSpan({ detections: 2 }));
      expect(finished().map(({ name }) => name)).toEqual(["ttp.eval.dispatch"]);
      return "done";
    };
    expect(await traced("ttp.worker.tick", work, { worker: "detect", events: 3 })).toBe("done");
    const [dispatch, tick] = finished();
    expect(dispatch).toMatchObject({ name: "ttp.eval.dispatch", attributes: { detections: 2 } });
    expect(dispatch?.parentSpanContext?.spanId).toBe(tick?.spanContext().spanId);
    expect(tick).toMatchObject({ name: "ttp.worker.tick", attributes: { worker: "detect", events: 3 } });
    expect(tick?.parentSpanContext).toBeUndefined();
  });

  test("say of breakage its code, and nothing of its words, which may be an attacker's", async () => {
    const finished = recording();
    const breaking = traced("ttp.tag.write", async () => await Promise.reject(new Broken(CONTENT)));
    await expect(breaking).rejects.toThrow(CONTENT);
    expect(() =>
      traced("ttp.eval", () => {
        throw new Error(CONTENT);
      }),
    ).toThrow(CONTENT);
    expect(finished().map(({ attributes, status }) => [attributes, status])).toEqual([
      [{ error_code: "BROKEN_THING" }, { code: 2 }],
      [{ error_code: "UNNAMED" }, { code: 2 }],
    ]);
    expect(JSON.stringify(finished().map(({ events }) => events))).toBe("[[],[]]");
  });

  test("take ids, words of ours and counts; what is not what its name says is left out", () => {
    const finished = recording();
    const sneaking = {
      rule_id: CONTENT,
      technique_id: "T1110.003",
      worker: CONTENT,
      error_code: "not a code",
      identity_id: "idn_4d3b2a10-0000-5000-8000-000000000001",
      observation_id: "atk_203.0.113.7",
      events: Number.NaN,
      tags: 3,
      password: "hunter2",
    } as const;
    noteSpan("ttp.rule.fire", sneaking, new Date());
    expect(finished()[0]?.attributes).toEqual({
      technique_id: "T1110.003",
      identity_id: "idn_4d3b2a10-0000-5000-8000-000000000001",
      tags: 3,
    });
  });
});
