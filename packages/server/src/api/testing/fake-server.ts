import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ok, refuse, ROUTE_IDS } from "@tyr/contract";
import type { FastifyInstance } from "fastify";
import { anonymous, type Caller } from "#identity";
import { createBus, type Bus } from "#platform/bus";
import { fixedClock } from "#platform/clock";
import type { Fact } from "#platform/database";
import { silentLogger } from "#platform/log";
import type { Authenticate } from "../authenticate.ts";
import type { Handlers } from "../handler.ts";
import { buildServer, type ServerOptions } from "../server.ts";

/** For tests: the whole HTTP server, with callers named by a header and handlers that only say that they were reached. */
export type FakeServer = Readonly<{
  app: FastifyInstance;
  bus: Bus;
  clock: ReturnType<typeof fixedClock>;
  facts: Fact[];
  reached: string[];
  callers: Map<string, Caller>;
  endSession: (sessionId: string) => void;
  publish: Bus["publish"];
}>;

/** When the clock of a test begins, and everybody has just proved who they are. */
const START = "2026-11-02T08:00:00.000Z";

/** The header that names the caller of a test; `by` says how the caller came in. */
export const AS = "x-test-caller";

/** A web interface of a few files. It goes with the temporary files of the run: test files share this module. */
function webFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tyr-web-"));
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>Tyr</title>");
  writeFileSync(join(folder, "assets", "index-abc.js"), "export {};");
  writeFileSync(join(folder, ".secret"), "no");
  return folder;
}

const webDir = webFolder();

type Overrides = Partial<Omit<ServerOptions, "handlers">> & Readonly<{ handlers?: Partial<Handlers> }>;

export async function fakeServer(overrides: Overrides = {}): Promise<FakeServer> {
  const clock = fixedClock(START);
  const bus = createBus(clock);
  const facts: Fact[] = [];
  const reached: string[] = [];
  const callers = new Map<string, Caller>([["anonymous", anonymous]]);
  const listeners = new Set<(ids: readonly string[]) => void>();
  const authenticate: Authenticate = async ({ headers }, needs) => {
    if (needs === "public") return ok({ caller: anonymous, by: "nothing" });
    const [name = "", by = "bearer"] = String(headers[AS] ?? "").split("/");
    const caller = callers.get(name);
    if (caller === undefined || name === "anonymous") return refuse("NOT_AUTHENTICATED", "nobody");
    return ok({ caller, by: by as "bearer" | "cookie" | "key" });
  };
  const handlers = Object.fromEntries(
    ROUTE_IDS.map((id) => [
      id,
      async () => {
        reached.push(id);
        return refuse("NOT_FOUND", "reached");
      },
    ]),
  ) as unknown as Handlers;
  const app = await buildServer({
    authenticate,
    identity: {
      look: async (id) => [...callers.values()].find((caller) => caller.sessionId === id),
      watchSessions: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    database: {
      audited: async (fact, work) => {
        if (typeof fact !== "function") facts.push(fact);
        return await work(undefined as never);
      },
    },
    bus,
    clock,
    log: silentLogger,
    publicUrl: "http://127.0.0.1:8970",
    host: "127.0.0.1",
    webDir,
    trustProxy: false,
    ...overrides,
    handlers: { ...handlers, ...overrides.handlers },
  });
  const endSession = (sessionId: string): void => {
    for (const [name, caller] of callers) if (caller.sessionId === sessionId) callers.delete(name);
    for (const listener of listeners) listener([sessionId]);
  };
  return { app, bus, clock, facts, reached, callers, endSession, publish: bus.publish };
}

export function person(name: string, permissions: Caller["permissions"], roles: Caller["roles"] = []): Caller {
  const actor = { kind: "person", id: `usr_${name}`, name } as const;
  return { actor, permissions, roles, sessionId: `ssn_${name}`, provedAt: new Date(START) };
}

export function portOf(app: FastifyInstance): number {
  const address = app.server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
