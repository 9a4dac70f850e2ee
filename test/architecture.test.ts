import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import {
  across,
  ARCHITECTURE_PAGE,
  architecturePage,
  edges,
  files,
  GRAPH_PLACE,
  importsOf,
  root,
  roomOf,
} from "./house.ts";

const STAGES = ["collect", "detect", "escalate", "govern", "respond"] as const;
const PLATFORM = ["server/platform", "contract"];
const earlier = (stage: (typeof STAGES)[number]) =>
  STAGES.slice(0, STAGES.indexOf(stage)).map((name) => `server/pipeline/${name}`);
const stageMay = (stage: (typeof STAGES)[number]) => [
  ...PLATFORM,
  "server/audit",
  "server/identity",
  ...earlier(stage),
];

/** Who may import whom: the table of docs/architecture.md, as data. `*` = anything. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  sigma: [],
  ledger: [],
  decoys: ["contract"],
  web: ["contract", "ledger"],
  cli: ["contract", "sigma", "ledger", "server/app"],
  "server/platform": ["contract"],
  "server/audit": [...PLATFORM, "ledger"],
  "server/identity": PLATFORM,
  "server/pipeline/collect": stageMay("collect"),
  "server/pipeline/detect": [...stageMay("detect"), "sigma"],
  "server/pipeline/detect/actors": [...PLATFORM, "server/pipeline/collect", "server/pipeline/detect"],
  "server/pipeline/escalate": stageMay("escalate"),
  "server/pipeline/govern": stageMay("govern"),
  "server/pipeline/respond": stageMay("respond"),
  "server/connectors/blocklist": [
    ...PLATFORM,
    "server/pipeline/collect",
    "server/pipeline/govern",
    "server/pipeline/respond",
  ],
  "server/connectors/crowdsec": [
    ...PLATFORM,
    "server/pipeline/collect",
    "server/pipeline/govern",
    "server/pipeline/respond",
  ],
  // Only collect's spelling of addresses and detect's port: intelligence comes in, nothing goes out but the question.
  "server/connectors/intel": [...PLATFORM, "server/pipeline/collect", "server/pipeline/detect"],
  // What happened is read from the log, what is so now from govern; it changes neither.
  "server/notify": [...PLATFORM, "server/audit", "server/pipeline/govern"],
  "server/api": [
    ...PLATFORM,
    "server/audit",
    "server/notify",
    "server/identity",
    ...STAGES.map((name) => `server/pipeline/${name}`),
    "server/pipeline/detect/actors",
    "server/connectors/blocklist",
    "server/connectors/crowdsec",
    "server/connectors/intel",
  ],
  "server/app": ["*"],
};

/** Law 1: what is written without an audit entry, by name and place. A new line here is a decision, not an accident. */
const UNAUDITED = [
  "server/src/audit/checkpoint.ts audit-tree",
  "server/src/audit/create-audit.ts audit-tree",
  "server/src/audit/sequencer.ts audit-tree",
  "server/src/audit/witnesses.ts audit-tree",
  "server/src/identity/create-identity.ts last-seen",
  "server/src/identity/federation/flows.ts counters",
  "server/src/identity/keys/key-check.ts last-seen",
  "server/src/identity/passkeys/challenges.ts counters",
  "server/src/identity/sign-in.ts counters",
  "server/src/lead-stages.ts lead",
  "server/src/notify/create-notify.ts notification",
  "server/src/notify/deliver.ts notification",
  "server/src/notify/gather.ts notification",
  "server/src/notify/pack.ts notification",
  "server/src/pipeline/collect/intake.ts idempotency",
  "server/src/pipeline/collect/write-batch.ts cursor",
  "server/src/pipeline/detect/actors/look-at-profiles.ts cursor",
  "server/src/pipeline/detect/actors/take-batches.ts cursor",
  "server/src/pipeline/detect/actors/worker.ts cursor",
  "server/src/pipeline/detect/finish-batch.ts cursor",
  "server/src/pipeline/detect/intel/ask-providers.ts intel",
  "server/src/pipeline/detect/intel/follow-events.ts intel",
  "server/src/pipeline/detect/intel/tell.ts intel",
  "server/src/pipeline/detect/lift/keyed-hash.ts counters",
  "server/src/pipeline/detect/lift/lift-worker.ts cursor",
  "server/src/pipeline/detect/worker.ts cursor",
  "server/src/pipeline/escalate/worker.ts cursor",
  "server/src/pipeline/govern/delegations/make-delegation.ts counters",
  "server/src/pipeline/govern/propose-actions.ts cursor",
  "server/src/pipeline/govern/signatures/ask-statement.ts counters",
  "server/src/pipeline/respond/enforcers.ts enforcer-pull",
  "server/src/platform/bus/keep-messages.ts counters",
  "server/src/platform/secrets/rotation.ts secret-rewrap",
];

describe("the house", () => {
  test("nothing is written without an audit entry but what is listed", () => {
    const found = files
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.includes("/testing"))
      .flatMap((file) =>
        [...readFileSync(file, "utf8").matchAll(/\bbookkeep\(\s*"([a-z-]+)"/g)].map(
          ([, name]) => `${relative(join(root, "packages"), file)} ${name}`,
        ),
      );
    expect([...new Set(found)].toSorted()).toEqual(UNAUDITED);
  });

  test("every import goes in a direction the table allows", () => {
    const wrong = across.filter(
      (edge) => !(MAY[edge.from] ?? []).includes("*") && !(MAY[edge.from] ?? []).includes(edge.to),
    );
    expect(wrong.map((edge) => `${edge.file} imports ${edge.specifier} (${edge.from} → ${edge.to})`)).toEqual([]);
  });

  test("another room is entered by its door only", () => {
    const through = across.filter((edge) => edge.specifier.startsWith(".") && edge.from !== "server/app");
    expect(through.map((edge) => `${edge.file} reaches into ${edge.specifier}`)).toEqual([]);
  });

  test("nobody but its own room, not even the api, imports a store", () => {
    const stores = edges.filter((edge) => /[/-]store\.ts$/.test(edge.path ?? "") && edge.from !== edge.to);
    expect(stores.map((edge) => `${edge.file} imports ${edge.specifier}`)).toEqual([]);
  });

  test("the ledger does no I/O: it imports nothing of Node's that reaches outside", () => {
    const reaching = /^node:(fs|net|http|https|child_process|dgram|dns|tls|worker_threads|timers)(\/|$)/;
    const outside = files
      .filter((file) => /packages\/ledger\//.test(file))
      .filter((file) => importsOf(readFileSync(file, "utf8")).some((name) => reaching.test(name)));
    expect(outside.map((file) => relative(root, file))).toEqual([]);
  });

  test("the Sigma engine runs anywhere: it imports two packages and nothing of Node's, and uses no global of Node's", () => {
    const packages = ["re2js", "yaml"];
    const globals = /(?<![\w.$"'`])(Buffer|process|require|global|setImmediate|__dirname|__filename)\s*[.([]/g;
    const used = files
      .filter((file) => /packages\/sigma\/src\//.test(file))
      .flatMap((file) => {
        const code = readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
        const imported = importsOf(code).filter((name) => !name.startsWith(".") && !packages.includes(name));
        const named = [...code.matchAll(globals)].map(([, name]) => name);
        return [...imported, ...named].map((name) => `${relative(root, file)}: ${name}`);
      });
    expect(used).toEqual([]);
  });

  test("the command line loads the server lazily, for `tyr up` and what needs its normalisers", () => {
    const eager = edges.filter(
      (edge) =>
        edge.from === "cli" &&
        edge.to === "server/app" &&
        !readFileSync(join(root, edge.file), "utf8").includes(`import("${edge.specifier}")`),
    );
    expect(eager.map((edge) => edge.file)).toEqual([]);
  });

  test("only main reads signals, the exit code and the environment in the server", () => {
    const allowed = new Set([
      "packages/server/src/main.ts",
      "packages/server/src/index.ts",
      "packages/server/src/platform/database/testing.ts",
    ]);
    const touching = files.filter(
      (file) =>
        file.includes("packages/server/src") && /process\.(env|exit|on\(|exitCode)/.test(readFileSync(file, "utf8")),
    );
    expect(touching.map((file) => relative(root, file)).filter((file) => !allowed.has(file))).toEqual([]);
  });

  test("every room has a README", () => {
    const rooms = new Set(files.map(roomOf).filter((room) => room !== "server/app"));
    const place = (room: string) =>
      room.startsWith("server/") ? join(root, "packages/server/src", room.slice(7)) : join(root, "packages", room);
    expect([...rooms].filter((room) => !readdirSync(place(room)).includes("README.md"))).toEqual([]);
  });

  test("docs/architecture.md shows the graph as it is", () => {
    const text = readFileSync(ARCHITECTURE_PAGE, "utf8");
    expect(text).toMatch(GRAPH_PLACE);
    expect(text, "npm run docs brings the page up to date").toBe(architecturePage());
  });
});
