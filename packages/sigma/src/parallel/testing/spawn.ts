import { MessageChannel, Worker } from "node:worker_threads";
import { serveMatches } from "../serve-matches.ts";
import { nodePort, type WorkerPort } from "../worker-port.ts";
import type { Mishap } from "./match-thread-entry.ts";

/** A real thread, and the handle to kill it by. */
export function startThread(mishap: Mishap = {}, file = "match-thread-entry.ts"): Worker {
  return new Worker(new URL(file, import.meta.url), { workerData: mishap, execArgv: [] });
}

/** Starts real threads, with whatever should befall them. */
export function spawn(mishap: Mishap = {}): WorkerPort {
  return nodePort(startThread(mishap));
}

/** A worker in this very thread: everything is as between threads but the time it takes to start one. */
export function spawnHere(): WorkerPort {
  const { port1, port2 } = new MessageChannel();
  serveMatches(port2);
  port2.start();
  return {
    postMessage: (message) => port1.postMessage(message),
    listen: ({ message }) => void port1.on("message", message),
    terminate: () => port1.close(),
  };
}
