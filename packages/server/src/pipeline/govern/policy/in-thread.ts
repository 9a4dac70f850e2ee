import { Worker } from "node:worker_threads";
import type { Decision, PolicyDiff, PolicyTest } from "@tyr/contract";
import type { BundleSource } from "./bundle.ts";
import type { StoredInput } from "./decide.ts";
import { PolicyBundleInvalid } from "./errors.ts";

export type Replayed = Readonly<{ outcome: Decision["outcome"]; by: readonly string[] }>;
export type Job =
  | Readonly<{ kind: "check"; source: BundleSource }>
  | Readonly<{ kind: "diff"; from: BundleSource; to: BundleSource }>
  | Readonly<{ kind: "open"; source: BundleSource }>
  | Readonly<{ kind: "replay"; inputs: readonly StoredInput[] }>;
export type ThreadReply = Readonly<{ ok: true; value: unknown }> | Readonly<{ ok: false; where: string; why: string }>;

/** One thing asked of the thread at a time. @throws {PolicyBundleInvalid} the bundle does not load, or ended the thread */
export type PolicyThread = Readonly<{
  check(source: BundleSource): Promise<PolicyTest>;
  diff(from: BundleSource, to: BundleSource): Promise<PolicyDiff>;
  /** @returns the digest of the bundle that `replay` asks from now on */
  open(source: BundleSource): Promise<string>;
  replay(inputs: readonly StoredInput[]): Promise<readonly Replayed[]>;
  [Symbol.asyncDispose](): Promise<void>;
}>;

/** The largest bundles take some seconds; what takes longer was made to. */
const ANSWER_MS_MAX = 30_000;
/** Enough for the largest bundle, and too little for one that was made to grow. */
const LIMITS = { maxOldGenerationSizeMb: 512, stackSizeMb: 4 };

function answered(worker: Worker, job: Job): Promise<ThreadReply> {
  return new Promise((resolve, reject) => {
    const over = (): void => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
    };
    const fail = (why: string, cause?: unknown): void => {
      over();
      void worker.terminate();
      reject(new PolicyBundleInvalid("bundle", why, { cause }));
    };
    const onError = (error: unknown): void =>
      fail("it could not be evaluated: it is nested too deep, or too large", error);
    const onExit = (): void => fail("its evaluation was ended");
    const onMessage = (reply: ThreadReply): void => {
      over();
      resolve(reply);
    };
    const timer = setTimeout(() => fail("it took too long to evaluate: it is too large"), ANSWER_MS_MAX);
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(job);
  });
}

export function openPolicyThread(): PolicyThread {
  const worker = new Worker(new URL("./policy-thread.ts", import.meta.url), {
    execArgv: ["--conditions=@tyr/source"],
    resourceLimits: LIMITS,
  });
  // Between questions nobody listens for it; the next one finds the thread gone.
  worker.on("error", () => undefined);
  const ask = async (job: Job): Promise<unknown> => {
    const reply = await answered(worker, job);
    if (!reply.ok) throw new PolicyBundleInvalid(reply.where, reply.why);
    return reply.value;
  };
  return {
    check: async (source) => (await ask({ kind: "check", source })) as PolicyTest,
    diff: async (from, to) => (await ask({ kind: "diff", from, to })) as PolicyDiff,
    open: async (source) => (await ask({ kind: "open", source })) as string,
    replay: async (inputs) => (await ask({ kind: "replay", inputs })) as readonly Replayed[],
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
}
