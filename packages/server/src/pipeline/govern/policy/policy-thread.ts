import { parentPort } from "node:worker_threads";
import { loadBundle } from "./bundle.ts";
import { diffOf } from "./change.ts";
import { checkBundle } from "./check.ts";
import { decide, type StoredInput } from "./decide.ts";
import { openEngine, type Engine } from "./engine.ts";
import { PolicyBundleInvalid } from "./errors.ts";
import type { Job, Replayed, ThreadReply } from "./in-thread.ts";

/**
 * Does with uploads what costs time, in a thread of its own: Cedar's parser is a WebAssembly module, and text that is nested
 * too deep ends it for good. That ends this thread, and not the one that decides.
 */
const port = parentPort;
if (port === null) throw new TypeError("this is the code of a thread");
let opened: Engine | undefined;

function replayed(input: StoredInput): Replayed {
  if (opened === undefined) throw new TypeError("no bundle is open");
  const { outcome, reasons } = decide(opened, input, new Date(0));
  return { outcome, by: reasons.map(({ policyId }) => policyId) };
}

function run(job: Job): unknown {
  if (job.kind === "check") return checkBundle(job.source);
  if (job.kind === "replay") return job.inputs.map(replayed);
  if (job.kind === "open") {
    opened = openEngine(loadBundle(job.source), "active-a");
    return opened.bundle.digest;
  }
  const [from, to] = [job.from, job.to].map((source) => ({ source, bundle: loadBundle(source) }));
  return from === undefined || to === undefined ? undefined : diffOf(from, to);
}

function answer(job: Job): ThreadReply {
  try {
    return { ok: true, value: run(job) };
  } catch (error) {
    if (error instanceof PolicyBundleInvalid) return { ok: false, where: error.where, why: error.why };
    throw error;
  }
}

port.on("message", (job: Job) => port.postMessage(answer(job)));
