import { expect, test } from "vitest";
import { browserPort } from "./worker-port.ts";

/** A browser's worker, as far as the adapter sees it. */
class FakeWorker extends EventTarget {
  readonly sent: unknown[] = [];
  isTerminated = false;

  postMessage(message: unknown): void {
    this.sent.push(message);
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

test("a browser's worker is heard, and every way it can end has its reason", () => {
  const worker = new FakeWorker();
  const port = browserPort(worker);
  const heard: unknown[] = [];
  const reasons: string[] = [];
  port.listen({
    message: (message) => heard.push(message),
    ended: (reason) => reasons.push(reason instanceof Error ? reason.message : ""),
  });
  port.postMessage("rules");
  worker.dispatchEvent(new MessageEvent("message", { data: "loaded" }));
  worker.dispatchEvent(Object.assign(new Event("error"), { message: "it threw" }));
  worker.dispatchEvent(new Event("error"));
  worker.dispatchEvent(new MessageEvent("messageerror", {}));
  port.terminate();
  expect([worker.sent, heard, worker.isTerminated]).toEqual([["rules"], ["loaded"], true]);
  expect(reasons).toEqual([
    "it threw",
    "the worker's file could not be loaded",
    "a message of the worker could not be read",
  ]);
});
