import type { SensorId } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { openApi, type Api } from "../api.ts";
import { CliFailure } from "../failure.ts";
import { fakeWorld } from "../testing/fake-world.ts";
import { LineBatcher } from "./line-batcher.ts";
import { retryAfter, sendBatch, type SendOptions } from "./send-batch.ts";

const sensorId: SensorId = "snr_00000000-0000-7000-8000-000000000001";
const receipt = { received: 1, stored: 1, duplicate: 0, rejected: 0, late: 0, replayed: false };

function overloaded(seconds: string): Response {
  const body = {
    type: "about:blank",
    title: "full",
    status: 429,
    detail: "",
    code: "INTAKE_OVERLOADED",
    help: "",
    requestId: "r",
  };
  return Response.json(body, { status: 429, headers: { "retry-after": seconds } });
}

async function apiAnswering(answers: (() => Response | Error)[], seen: Request[]): Promise<Api> {
  const world = await fakeWorld({
    fetch: (url, init) => {
      seen.push(new Request(url, { ...init, signal: null }));
      const answer = answers.shift()?.() ?? new Error("no answer left");
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
  const configuration = { url: { value: "http://127.0.0.1:1", origin: "default" }, token: undefined, userFile: {} };
  return openApi(configuration, world, { warn: () => undefined });
}

function oneBatch() {
  const batcher = new LineBatcher();
  batcher.push(Buffer.from("line\n"));
  const batch = batcher.flush(true);
  if (batch === undefined) throw new Error("no batch");
  return batch;
}

function options(api: Api, over: Partial<SendOptions> = {}): SendOptions {
  const target = { sensorId, format: "auto", year: undefined, ref: "auth.log" } as const;
  return { api, target, signal: new AbortController().signal, onWait: () => undefined, ...over };
}

describe("a server that cannot take the batch now", () => {
  test("is waited for as long as it asks, and gets the same batch with the same key", async () => {
    const seen: Request[] = [];
    const waits: number[] = [];
    const api = await apiAnswering(
      [() => overloaded("0"), () => overloaded("0.1"), () => Response.json(receipt)],
      seen,
    );
    expect(await sendBatch(oneBatch(), options(api, { onWait: (seconds) => waits.push(seconds) }))).toEqual(receipt);
    expect(waits).toEqual([0.1, 0.1]);
    const keys = new Set(seen.map((request) => request.headers.get("idempotency-key")));
    expect([seen.length, keys.size, [...keys][0]?.length]).toEqual([3, 1, 64]);
    expect(await seen.at(-1)?.text()).toBe("line\n");
    expect(new URL(seen[0]?.url ?? "").search).toContain("firstLine=1");
  });

  test("is given up on after its patience", async () => {
    const api = await apiAnswering([() => overloaded("30")], []);
    await expect(sendBatch(oneBatch(), options(api, { patienceMs: 1000 }))).rejects.toThrow("full");
  });

  test("is asked four times more when it does not answer, later and later, unless told to go on for ever", () => {
    const silent = new CliFailure("x", { exit: 69, problemCode: "UNREACHABLE" });
    expect([0, 1, 2, 3, 4].map((absences) => retryAfter(silent, absences))).toEqual([1, 2, 4, 8, undefined]);
    expect(retryAfter(silent, 40, Infinity)).toBe(60);
  });
});

test("a refusal is not tried again", async () => {
  const seen: Request[] = [];
  const body = {
    type: "about:blank",
    title: "no",
    status: 403,
    detail: "",
    code: "NOT_PERMITTED",
    help: "",
    requestId: "r",
  };
  const api = await apiAnswering([() => Response.json(body, { status: 403 })], seen);
  await expect(sendBatch(oneBatch(), options(api))).rejects.toThrow("no");
  expect(seen.length).toBe(1);
});

test("an interruption ends the waiting", async () => {
  const controller = new AbortController();
  const api = await apiAnswering([() => overloaded("30")], []);
  await expect(
    sendBatch(oneBatch(), options(api, { signal: controller.signal, onWait: () => controller.abort() })),
  ).rejects.toThrow("aborted");
});
