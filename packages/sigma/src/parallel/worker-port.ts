/** One worker as the pool sees it, wherever it runs. Messages go by structured clone; `SharedArrayBuffer`s stay shared. */
export type WorkerPort = Readonly<{
  postMessage(message: unknown): void;
  /** Called once, before the first message. `ended` may be told several times, and of a worker that never started. */
  listen(hearing: WorkerHearing): void;
  /** Ends it at once, whatever it is doing. */
  terminate(): unknown;
}>;

/** What the pool listens with: each message as it was posted, and why a worker ended (an `Error` where there is one). */
export type WorkerHearing = Readonly<{ message(message: unknown): void; ended(reason: unknown): void }>;

/** The other end, inside the worker: `parentPort` of `node:worker_threads`, or `self` of a browser's worker. */
export type ServedPort = Readonly<{
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** The event's `data` is the message. */
  addEventListener(type: "message", heard: (event: object) => void): void;
}>;

/** What of Node's `Worker` is used; the package itself imports nothing that reaches outside. */
type NodeWorker = Readonly<{
  postMessage(message: unknown): void;
  on(event: "message" | "messageerror" | "error" | "exit", heard: (value: unknown) => void): unknown;
  terminate(): unknown;
}>;

/** A `Worker` of `node:worker_threads`. */
export function nodePort(worker: NodeWorker): WorkerPort {
  return {
    postMessage: (message) => worker.postMessage(message),
    listen: ({ message, ended }) => {
      worker.on("message", message);
      worker.on("messageerror", ended);
      worker.on("error", ended);
      worker.on("exit", (code) => ended(new Error(`the worker ended with exit code ${String(code)}`)));
    },
    terminate: () => worker.terminate(),
  };
}

/** What of a browser's `Worker` is used. */
type BrowserWorker = Readonly<{
  postMessage(message: unknown): void;
  addEventListener(type: "message" | "messageerror" | "error", heard: (event: object) => void): void;
  terminate(): void;
}>;

/** A `Worker` of a browser. Browsers do not tell of a worker that ran out of memory: only the pool's time limit does. */
export function browserPort(worker: BrowserWorker): WorkerPort {
  return {
    postMessage: (message) => worker.postMessage(message),
    listen: ({ message, ended }) => {
      worker.addEventListener("message", (event) => message("data" in event ? event.data : undefined));
      worker.addEventListener("messageerror", () => ended(new Error("a message of the worker could not be read")));
      worker.addEventListener("error", (event) => {
        const text = "message" in event && typeof event.message === "string" ? event.message : "";
        ended(new Error(text === "" ? "the worker's file could not be loaded" : text));
      });
    },
    terminate: () => worker.terminate(),
  };
}
