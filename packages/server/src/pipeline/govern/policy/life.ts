import {
  ok,
  refuse,
  type Action,
  type PolicyBacktest,
  type PolicyBacktestNew,
  type PolicyChoice,
  type PolicyDiff,
  type PolicyDraft,
  type PolicyExplanation,
  type PolicyTest,
  type PolicyVersionDetail,
  type PolicyVersionList,
  type PolicyView,
  type Result,
} from "@tyr/contract";
import type { Logger } from "#platform/log";
import type { By, Room } from "../room.ts";
import { createPolicyBacktests, type PolicyBacktests } from "./backtests.ts";
import { sourceOf, type BundleSource } from "./bundle.ts";
import { PolicyBundleInvalid } from "./errors.ts";
import { explainDecision, type ExplainRequest } from "./explain-decision.ts";
import { openPolicyThread } from "./in-thread.ts";
import { publishBundle, rollBack, type PublishRequest, type RollbackRequest } from "./publish.ts";
import { listVersions, viewInForce, viewVersion } from "./versions.ts";

/** The life of policies, from a draft to the bundle in force and back. */
export type PolicyLife = Readonly<{
  inForce(): Promise<PolicyView>;
  versions(): Promise<PolicyVersionList>;
  version(digest: string): Promise<Result<PolicyVersionDetail>>;
  /** What does not load is an answer too. Refusal `NOT_FOUND`: no such stored bundle. */
  test(choice: PolicyChoice): Promise<Result<PolicyTest>>;
  /** `from` left out: the bundle in force. Refusals `NOT_FOUND`, `POLICY_CHECK_FAILED`. */
  diff(between: Readonly<{ from?: PolicyChoice; to: PolicyChoice }>): Promise<Result<PolicyDiff>>;
  publish(request: PublishRequest): Promise<Result<Action>>;
  rollback(request: RollbackRequest): Promise<Result<Action>>;
  explain(request: ExplainRequest): Promise<Result<PolicyExplanation>>;
  backtest(asked: PolicyBacktestNew, by: By): Promise<Result<PolicyBacktest>>;
  backtests: Pick<PolicyBacktests, "list" | "find" | "cancel">;
  stop(): Promise<void>;
}>;

async function sourceFor(room: Room, choice: PolicyChoice): Promise<Result<BundleSource>> {
  if (!("digest" in choice)) return readDraft(choice);
  const stored = await room.policies.read(room.db.read, choice.digest);
  return stored === undefined ? refuse("NOT_FOUND", `no bundle ${choice.digest} is stored`) : ok(stored.source);
}

function refusedBundle(error: unknown): Result<never> {
  if (!(error instanceof PolicyBundleInvalid)) throw error;
  const { where, why } = error;
  return refuse("POLICY_CHECK_FAILED", `${where}: ${why}`, { problems: [{ kind: "load", where, message: why }] });
}

function readDraft({ files }: PolicyDraft): Result<BundleSource> {
  try {
    return ok(sourceOf(files));
  } catch (error) {
    return refusedBundle(error);
  }
}

const UNREAD: Omit<PolicyTest, "problems"> = {
  ok: false,
  digest: null,
  policies: 0,
  cases: 0,
  passed: 0,
  formatted: [],
  coverage: [],
  results: [],
};

/** In a thread of its own: whatever a draft holds, decisions go on. */
async function checkInThread(source: BundleSource): Promise<PolicyTest> {
  try {
    await using thread = openPolicyThread();
    return await thread.check(source);
  } catch (error) {
    if (!(error instanceof PolicyBundleInvalid)) throw error;
    return { ...UNREAD, problems: [{ kind: "load", where: error.where, message: error.why }] };
  }
}

async function testChosen(room: Room, choice: PolicyChoice): Promise<Result<PolicyTest>> {
  const source = await sourceFor(room, choice);
  if (source.ok) return ok(await checkInThread(source.value));
  if (source.refusal.code === "NOT_FOUND") return source;
  const problems = [{ kind: "load" as const, where: "files", message: source.refusal.detail }];
  return ok({ ...UNREAD, problems });
}

async function diffBetween(
  room: Room,
  { from, to }: Readonly<{ from?: PolicyChoice; to: PolicyChoice }>,
): Promise<Result<PolicyDiff>> {
  const inForce = async () => ({ digest: (await room.policies.inForce(room.db.read)).bundle.digest });
  const before = await sourceFor(room, from ?? (await inForce()));
  if (!before.ok) return before;
  const after = await sourceFor(room, to);
  if (!after.ok) return after;
  try {
    await using thread = openPolicyThread();
    return ok(await thread.diff(before.value, after.value));
  } catch (error) {
    return refusedBundle(error);
  }
}

type Begun = Readonly<{ room: Room; backtests: PolicyBacktests; by: By }>;

async function beginBacktest(
  { room, backtests, by }: Begun,
  asked: PolicyBacktestNew,
): Promise<Result<PolicyBacktest>> {
  const source = await sourceFor(room, asked.candidate);
  if (!source.ok) return source;
  try {
    await using thread = openPolicyThread();
    // Said at once, and not in a run that broke off.
    const digest = await thread.open(source.value);
    return backtests.begin({ candidate: { digest, source: source.value }, days: asked.days, by: by.actor });
  } catch (error) {
    return refusedBundle(error);
  }
}

/** Checks cost a core for some seconds each: one after the other, and few wait. */
const WAITING_MAX = 4;

function oneByOne() {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return async <T>(work: () => Promise<Result<T>>): Promise<Result<T>> => {
    if (waiting >= WAITING_MAX) return refuse("NOT_READY", "other bundles are being checked", { retryAfterSeconds: 5 });
    waiting += 1;
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      waiting -= 1;
    }
  };
}

export function createPolicyLife(room: Room, log: Logger): PolicyLife {
  const backtests = createPolicyBacktests({ ...room, log });
  const inTurn = oneByOne();
  const parts = { room, backtests, check: checkInThread };
  return {
    inForce: async () => await viewInForce(room),
    versions: async () => await listVersions(room),
    version: async (digest) => await viewVersion(room, digest),
    test: async (choice) => await inTurn(async () => await testChosen(room, choice)),
    diff: async (between) => await inTurn(async () => await diffBetween(room, between)),
    publish: async (request) => await inTurn(async () => await publishBundle(parts, request)),
    rollback: async (request) => await inTurn(async () => await rollBack(parts, request)),
    explain: async (request) => await explainDecision(room, request),
    backtest: async (asked, by) => await inTurn(async () => await beginBacktest({ room, backtests, by }, asked)),
    backtests,
    stop: backtests.stop,
  };
}
