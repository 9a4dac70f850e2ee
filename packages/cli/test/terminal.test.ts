import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { approvalKeyIn } from "./approval-key.ts";
import { Refuses, startFakeServer, type FakeServer } from "./fake-server.ts";
import { action, ids, incident, session } from "./samples.ts";

const bin = fileURLToPath(new URL("../bin/tyr.mjs", import.meta.url));

function hasScript(): boolean {
  try {
    execFileSync("script", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    process.stderr.write("SKIPPED: the terminal journeys need script(1) of util-linux for a pseudo-terminal\n");
    return false;
  }
}

let home: string;
let server: FakeServer;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "tyr-terminal-"));
  server = await startFakeServer({
    "action.get": () => action,
    "incident.list": () => ({ items: [incident], next: null }),
    "session.login": () => session,
  });
  server.handlers["action.statement"] = (await approvalKeyIn(home)).statement;
  server.handlers["action.approve"] = () => ({ ...action, state: "executed", approvalsMissing: 0 });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

/** Runs the command on a pseudo-terminal; each answer is typed once the text before it has appeared. */
async function onTerminal(
  argv: readonly string[],
  dialogue: readonly (readonly [after: string, keys: string])[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; screen: string }> {
  const command = [process.execPath, "--conditions=@tyr/source", bin, ...argv].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qec", `stty cols 72; ${command}`, "/dev/null"], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      TERM: "xterm-256color",
      SHELL: "/bin/sh",
      TYR_URL: server.url,
      TYR_TOKEN: server.token,
      ...env,
    },
  });
  let screen = "";
  const waiting = [...dialogue];
  child.stdout.on("data", (part: Buffer) => {
    screen += part.toString();
    const next = waiting[0];
    if (next === undefined || !screen.includes(next[0])) return;
    waiting.shift();
    setTimeout(() => child.stdin.write(next[1]), 150);
  });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on("close", resolve);
  return { code: await promise, screen };
}

describe.skipIf(!hasScript())("on a terminal", () => {
  test("an approval is asked for after the card, and yes approves", async () => {
    const { code, screen } = await onTerminal(["approve", ids.action], [["Approve block_ip", "y"]]);
    expect([code, screen]).toEqual([
      0,
      expect.stringMatching(/203\.0\.113\.7[\s\S]*Approve block_ip 203\.0\.113\.7\?/),
    ]);
    expect(server.seen.map(({ route }) => route)).toEqual(["action.get", "action.statement", "action.approve"]);
  });

  test("no, Enter and Ctrl-C all decline: 3, and nothing is approved", async () => {
    for (const keys of ["n", "\r", "\u0003"])
      expect((await onTerminal(["approve", ids.action], [["Approve block_ip", keys]])).code).toBe(3);
    expect(server.seen.every(({ route }) => route === "action.get")).toBe(true);
  });

  test("a password is typed unseen", async () => {
    const { code, screen } = await onTerminal(["login", "--name", "freya"], [["Password", "hunter2hunter2!\r"]], {
      TYR_TOKEN: "",
    });
    expect([code, screen.includes("hunter2")]).toEqual([0, false]);
    expect(JSON.parse(server.seen[0]?.body.toString() ?? "")).toMatchObject({ password: "hunter2hunter2!" });
  });

  test("what asks for a recent proof asks for password and code, and is sent again", async () => {
    let isProved = false;
    server.handlers["session.stepUp"] = ({ body }) => {
      const { code } = JSON.parse(body.toString()) as { code?: string };
      if (code === undefined) return new Refuses("SECOND_FACTOR_NEEDED");
      isProved = true;
      return { ...session, token: server.token };
    };
    server.handlers["action.approve"] = () =>
      isProved ? { ...action, state: "executed", approvalsMissing: 0 } : new Refuses("STEP_UP_NEEDED");
    const dialogue = [
      ["Approve block_ip", "y"],
      ["who you are", "hunter2hunter2!\r"],
      ["authenticator", "123456\r"],
    ] as const;
    const { code, screen } = await onTerminal(["approve", ids.action], dialogue);
    expect([code, screen.includes("hunter2")]).toEqual([0, false]);
    const routes = server.seen.map(({ route }) => route);
    const asked = ["session.stepUp", "session.stepUp"];
    expect(routes).toEqual(["action.get", "action.statement", "action.approve", ...asked, "action.approve"]);
    expect(JSON.parse(server.seen[4]?.body.toString() ?? "")).toMatchObject({
      password: "hunter2hunter2!",
      code: "123456",
    });
  });

  test("signing in asks for a code where the account has a second factor", async () => {
    server.handlers["session.login"] = ({ body }) =>
      body.includes('"code":"123456"') ? session : new Refuses("SECOND_FACTOR_NEEDED");
    const dialogue = [
      ["Password", "hunter2hunter2!\r"],
      ["authenticator", "123456\r"],
    ] as const;
    const { code } = await onTerminal(["login", "--name", "freya"], dialogue, { TYR_TOKEN: "" });
    expect(code).toBe(0);
  });

  test("a table is coloured and cut to the width; NO_COLOR, TERM=dumb and --no-color each take the colour away", async () => {
    const { screen } = await onTerminal(["incident", "list"], []);
    expect([screen.includes("\u001B[31mhigh\u001B[0m"), screen.includes("…")]).toEqual([true, true]);
    for (const [argv, env] of [
      [["incident", "list"], { NO_COLOR: "1" }],
      [["incident", "list"], { TERM: "dumb" }],
      [["incident", "list", "--no-color"], {}],
    ] as const)
      expect((await onTerminal(argv, [], env)).screen).not.toContain("\u001B[");
  });
});
