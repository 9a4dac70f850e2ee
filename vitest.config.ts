import { defineConfig } from "vitest/config";
import { SlowestFirst } from "./test/slowest-first.ts";

const conditions = ["@tyr/source"];
const resolve = { conditions };
const ssr = { resolve: { conditions, externalConditions: conditions } };

/** Needs the published rules, which are under a licence of their own and not part of this repository. */
const sigmahq = process.env["SIGMAHQ_DATA"] === undefined ? ["packages/sigma/src/sigmahq.test.ts"] : [];

/** These replace a module by a double of it, which no other file may see. */
const MOCKING = ["packages/server/src/identity/identity.db.test.ts"];

/** One per core of the machine of CI. Vitest's own choice is one fewer; projects with as many run side by side. */
const WORKERS = 3;

/** A young generation of four times the usual size: files that open many databases are collected less often. */
const ROOMY = ["--max-semi-space-size=64"];

/** unit: pure, seconds. database: a real engine. journey: a booted world, browsers, namespaces, kill -9. */
export default defineConfig({
  test: {
    globalSetup: ["./test/own-temporary-folder.ts"],
    sequence: { sequencer: SlowestFirst },
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.{ts,tsx}", "packages/sigma/{fuzz,kernel}/*.test.ts", "test/*.test.ts"],
          exclude: ["**/*.db.test.ts", "**/node_modules/**", ...sigmahq],
          // Pure tests share their modules: a process for each of two hundred files takes longer than what they test.
          isolate: false,
          testTimeout: 60_000,
          maxWorkers: WORKERS,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "database",
          include: ["packages/server/src/**/*.db.test.ts"],
          exclude: MOCKING,
          // As above: what a file imports takes a second of a processor, and each opens databases of its own.
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: WORKERS,
          execArgv: ROOMY,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "database-alone",
          include: MOCKING,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: WORKERS,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "journey",
          include: ["packages/*/test/**/*.test.ts", "test/journeys/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          maxWorkers: WORKERS,
          globalSetup: ["./test/built-web.ts"],
        },
      },
    ],
  },
});
