import { createHash } from "node:crypto";
import type {
  CallInput,
  PolicyBacktest,
  PolicyDiff,
  PolicyFile,
  PolicyTest,
  PolicyVersion,
  PolicyVersionDetail,
} from "@tyr/contract";
import { makeAction, policyView } from "./actions.ts";
import type { Answers, Asking } from "./answers.ts";
import { PENDING_MOVES, put } from "./approvals.ts";
import { found } from "./found.ts";
import { at, hexOf, idOf, person, system } from "./make.ts";

const HOUR = 3_600_000;
const SCHEMA = "entity Person;\nentity Automation;\nentity Target { ownNetwork: Bool };\n";
const EXAMPLES = `- name: our own network is never blocked
  target: 10.0.0.9
  expect: deny
  by: [never-own-network]

- name: what automation proposes waits for a person
  requester: automation
  expect: require_approval
  by: [automation-needs-a-person, production-needs-approval]
`;

/** As the shipped bundle is laid out, with the policies of the stand-in. */
function files(now: number): PolicyFile[] {
  const { policies } = policyView(now);
  const text = policies.map((one) => one.text).join("\n\n");
  return [
    { path: "schema.cedarschema", text: SCHEMA },
    { path: "policies.cedar", text: `${text}\n` },
    { path: "tests/block-ip.yml", text: EXAMPLES },
  ];
}

const IN_FORCE = hexOf(900);
const OLD = hexOf(901);

export type PolicyState = { versions: PolicyVersion[]; backtests: PolicyBacktest[]; folderDiffers: boolean };
export function makePolicies(now: number): PolicyState {
  const version = (digest: string, hours: number, inForce: boolean): PolicyVersion => ({
    digest,
    origin: inForce ? "published" : "folder",
    createdAt: at(now - hours * HOUR),
    createdBy: inForce ? person(2, "astrid") : system,
    policies: 3,
    inForce,
    activations: [
      {
        at: at(now - hours * HOUR),
        by: inForce ? person(1, "mara") : system,
        actionId: inForce ? idOf("action", 4) : null,
      },
    ],
  });
  return { versions: [version(IN_FORCE, 90, true), version(OLD, 400, false)], backtests: [], folderDiffers: true };
}

function detail(version: PolicyVersion): PolicyVersionDetail {
  return {
    ...version,
    manifest: { v: 1 },
    signature: `tyr.example/policy\n${version.digest}\n\n— tyr.example/log GisrPA==\n`,
    files: files(Date.now()),
  };
}

const idsIn = (text: string): string[] => [...text.matchAll(/@id\("([^"]+)"\)/g)].map(([, id]) => id ?? "");
const namesIn = (text: string): string[] => [...text.matchAll(/- name: (.*)/g)].map(([, name]) => name ?? "");

/** Enough of the server's own check to see each state of the page: what does not parse, fails, is not covered or is fine. */
function check(draft: readonly PolicyFile[]): PolicyTest {
  const policies = draft.filter(({ path }) => path.endsWith(".cedar")).map(({ text }) => text);
  const ids = idsIn(policies.join("\n"));
  const broken = draft.find(({ path, text }) => path.endsWith(".cedar") && text.includes("forbidd"));
  const empty = { policies: 0, cases: 0, passed: 0, formatted: [], coverage: [], results: [] };
  if (broken !== undefined) {
    const line = broken.text.split("\n").findIndex((one) => one.includes("forbidd")) + 1;
    const message = `unexpected token \`forbidd\` at line ${line}, expected \`forbid\` or \`permit\``;
    return { ok: false, digest: null, ...empty, problems: [{ kind: "load", where: broken.path, message }] };
  }
  const names = draft.filter(({ path }) => path.startsWith("tests/")).flatMap(({ text }) => namesIn(text));
  const results = names.map((name, index) => {
    const passed = !name.includes("never") || ids.includes("never-own-network");
    const by = index === 0 ? ["never-own-network"] : ["automation-needs-a-person"];
    const expected = { outcome: index === 0 ? ("deny" as const) : ("require_approval" as const), by };
    const decided = passed ? expected : { outcome: "require_approval" as const, by: ["production-needs-approval"] };
    return { file: "tests/block-ip.yml", name, passed, expected, decided };
  });
  const failed = results.filter(({ passed }) => !passed);
  const problems: PolicyTest["problems"] = failed.map(({ file, name }) => ({
    kind: "test",
    where: `${file}, "${name}"`,
    message: "expected deny by never-own-network, decided require_approval by production-needs-approval",
  }));
  if (names.length === 0) problems.push({ kind: "test", where: "tests", message: "there is no example at all" });
  return {
    ok: problems.length === 0,
    digest: createHash("sha256").update(JSON.stringify(draft)).digest("hex"),
    policies: ids.length,
    cases: results.length,
    passed: results.length - failed.length,
    problems,
    formatted: [],
    coverage: ids.map((policyId) => ({ policyId, decides: 1, doesNot: Math.max(0, results.length - 1) })),
    results,
  };
}

function diff(draft: readonly PolicyFile[] | undefined): PolicyDiff {
  const before = policyView(Date.now()).policies;
  const text = draft?.map((one) => one.text).join("\n") ?? "";
  const gone = draft === undefined ? before.slice(2) : before.filter(({ id }) => !idsIn(text).includes(id));
  return {
    from: IN_FORCE,
    to: hexOf(902),
    policies: gone.map(({ id, reason, text: old }) => ({
      policyId: id,
      change: "removed",
      effect: "forbid",
      reason,
      before: old,
      after: null,
      loosens: "a forbid that no approval lifts is gone",
    })),
    files: [],
    facts: {
      removesForbid: gone.length > 0,
      loosensGate: false,
      widensPermit: false,
      schemaChanged: false,
      policiesChanged: gone.length,
    },
  };
}

/** An action of the type that other people approve before policies change. */
function asked({ world, user, tell }: Asking, digest: string, justification: string) {
  const incident = found(world.incidents[0]);
  const requester = { kind: "person" as const, id: user.id, name: user.name };
  const number = world.actions.length + 60;
  const made = makeAction({ number, incident, now: Date.now(), requester, justification });
  return put(
    world,
    {
      ...made,
      type: "update_policy",
      target: digest,
      ttlSeconds: null,
      connector: "tyr",
      evidence: { incidentId: null, detectionIds: [], risk: null },
      dryRun: {
        ...found(made.dryRun ?? undefined),
        summary: "Puts 2 policies in force in place of 3.",
        before: ["never-own-network: forbid"],
        after: [],
        warnings: ["never-own-network: a forbid that no approval lifts is gone"],
        reach: { addresses: "0", enforcers: 0, successfulLogins: 0, events: 0 },
      },
      legalMoves: PENDING_MOVES,
      createdAt: at(Date.now()),
      deadlineAt: at(Date.now() + 4 * HOUR),
    },
    tell,
  );
}

function begun({ body }: CallInput<"policyBacktest.create">, { world, user }: Asking): PolicyBacktest {
  const id = idOf("policyBacktest", world.policies.backtests.length + 1);
  const backtest: PolicyBacktest = {
    id,
    state: "running",
    candidate: hexOf(902),
    days: body.days ?? 30,
    startedAt: at(Date.now()),
    endedAt: null,
    by: { kind: "person", id: user.id, name: user.name },
    progress: 0.35,
    decisions: 4_200,
    same: 4_180,
    unanswerable: 2,
    changes: [],
  };
  world.policies.backtests.unshift(backtest);
  return backtest;
}

/** The second look finds it done. */
function done(backtest: PolicyBacktest): PolicyBacktest {
  return {
    ...backtest,
    state: "done",
    progress: 1,
    decisions: 12_000,
    same: 11_979,
    endedAt: at(Date.now()),
    changes: [
      {
        from: "deny",
        to: "require_approval",
        count: 19,
        examples: Array.from({ length: 10 }, (_, index) => ({
          decision: 4711 + index,
          actionId: index === 0 ? idOf("action", 5) : null,
          at: at(Date.now() - index * HOUR),
          type: "block_ip" as const,
          target: `10.0.0.${index + 1}`,
          requesterKind: index % 2 === 0 ? ("automation" as const) : ("person" as const),
          before: ["never-own-network"],
          after: ["automation-needs-a-person", "production-needs-approval"],
        })),
      },
    ],
  };
}

const filesOf = (choice: { files: PolicyFile[] } | { digest: string }): PolicyFile[] | undefined =>
  "files" in choice ? choice.files : undefined;

export const policyAnswers: Answers = {
  "policy.get": () => policyView(Date.now()),
  "policy.versions": (_, { world }) => ({
    items: world.policies.versions,
    folder: { digest: OLD, inForce: !world.policies.folderDiffers },
  }),
  "policy.version": ({ params }, { world }) =>
    detail(found(world.policies.versions.find((one) => one.digest === params.digest))),
  "policy.test": ({ body }) => check(filesOf(body) ?? files(Date.now())),
  "policy.diff": ({ body }) => diff(filesOf(body.to)),
  "policy.publish": ({ body }, asking) =>
    asked(asking, found(check(body.files).digest ?? undefined), body.justification),
  "policy.rollback": ({ body }, asking) => asked(asking, body.digest, body.justification),
  "policyBacktest.create": begun,
  "policyBacktest.get": ({ params }, { world }) => {
    const backtest = found(world.policies.backtests.find(({ id }) => id === params.id));
    world.policies.backtests = world.policies.backtests.map((one) => (one.id === backtest.id ? done(one) : one));
    return backtest;
  },
  "policyBacktest.cancel": ({ params }, { world }) => ({
    ...found(world.policies.backtests.find(({ id }) => id === params.id)),
    state: "cancelled",
  }),
};
