#!/usr/bin/env node
// The way in. Plain JavaScript that even an old Node understands: its first task is to find the right one.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import module from "node:module";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { serverEnvironment, serverFlags } from "./server-memory.mjs";

const CONDITION = "--conditions=@tyr/source";
const here = path.dirname(fileURLToPath(import.meta.url));
const source = path.join(here, "..", "src", "index.ts");
const built = path.join(here, "..", "dist", "src", "index.js");
const fromSource = existsSync(source);
const isServer = process.argv[2] === "up";
const flags = [...(fromSource ? [CONDITION] : []), ...(isServer ? serverFlags(process.env) : [])];

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 12);
}

/** The Node pinned by this installation: the nearest node_modules/.bin/node upwards. */
function pinnedNode() {
  for (let folder = here; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "node_modules", ".bin", "node");
    if (existsSync(candidate)) return candidate;
    if (path.dirname(folder) === folder) return undefined;
  }
}

/** Becomes the other Node where the system can (execve keeps the process id); a child with its signals elsewhere. */
function restartWith(node) {
  const args = [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const inherited = isServer ? serverEnvironment(process.env) : process.env;
  const env = { ...inherited, TYR_RESTARTED: "1" };
  if (typeof process.execve === "function" && process.platform !== "win32") {
    process.removeAllListeners("warning");
    process.on("warning", () => {});
    process.execve(node, [node, ...args], env);
  }
  const child = spawn(node, args, { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`tyr: ${node} does not start: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (os.constants.signals[signal] ?? 0);
  });
}

/** Aborted by the first SIGINT or SIGTERM; a second one ends the process. Listens only once somebody asks. */
function interruption() {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"])
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(3);
      controller.abort();
    });
  return controller.signal;
}

async function main() {
  const cache = process.env.XDG_CACHE_HOME;
  const cacheHome = cache && path.isAbsolute(cache) ? cache : path.join(os.homedir(), ".cache");
  module.enableCompileCache(path.join(cacheHome, "tyr", "compiled"));
  delete process.env.TYR_RESTARTED;
  // A reader that leaves early (`| head`) has seen what it wanted.
  process.stdout.on("error", (error) => process.exit(error.code === "EPIPE" ? 0 : 1));
  const { version } = JSON.parse(readFileSync(path.join(here, "..", "package.json"), "utf8"));
  const { run } = await import(pathToFileURL(fromSource ? source : built).href);
  let signal;
  const world = {
    argv: process.argv.slice(2),
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    homeDirectory: os.homedir(),
    installation: path.join(here, "..", "..", ".."),
    now: () => Date.now(),
    get signal() {
      return (signal ??= interruption());
    },
    fetch: globalThis.fetch,
  };
  process.exitCode = await run(world, version);
}

const ready = isNewEnough(process.versions.node) && flags.every((flag) => process.execArgv.includes(flag));
if (ready) {
  await main();
} else if (process.env.TYR_RESTARTED === "1") {
  process.stderr.write(`tyr: needs Node 24.12 or newer; this is ${process.versions.node}\n`);
  process.exitCode = 78;
} else {
  const node = isNewEnough(process.versions.node) ? process.execPath : pinnedNode();
  if (node === undefined) {
    process.stderr.write(
      `tyr: needs Node 24.12 or newer; this is ${process.versions.node}\n  fix: npm ci in Tyr's directory brings the right one\n`,
    );
    process.exitCode = 78;
  } else restartWith(node);
}
