import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import type { World } from "../world.ts";

export type FakeWorld = World & Readonly<{ out: () => string; err: () => string }>;

/** A directory for one test, removed after it. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), "tyr-cli-"));
  onTestFinished(async () => await rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A world of its own: an empty home, streams that are read back, and whatever the test overrides. */
export async function fakeWorld(over: Partial<World> & { input?: string; cells?: number } = {}): Promise<FakeWorld> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = over.cells === undefined ? {} : { isTTY: true, columns: over.cells };
  const homeDirectory = await temporaryDirectory();
  return {
    argv: [],
    env: {},
    stdin: Readable.from(over.input === undefined ? [] : [Buffer.from(over.input)]),
    stdout: { write: (text) => out.push(text), ...terminal },
    stderr: { write: (text) => err.push(text) },
    homeDirectory,
    installation: homeDirectory,
    now: () => Date.parse("2026-02-01T12:00:00Z"),
    signal: new AbortController().signal,
    fetch: () => Promise.reject(new TypeError("fetch failed")),
    ...over,
    out: () => out.join(""),
    err: () => err.join(""),
  };
}
