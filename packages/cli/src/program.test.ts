import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { PERMISSION_NAMES } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { completionScript, SHELLS } from "./completion/scripts.ts";
import { EXIT, EXIT_MEANINGS } from "./exit-codes.ts";
import { spellJson } from "./program.ts";
import { run } from "./run.ts";
import { fakeWorld } from "./testing/fake-world.ts";
import { COMMANDS } from "./tree/command-tree.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

describe("the command tree", () => {
  test("is the one in the README, with the permission each command needs", () => {
    const rows = COMMANDS.map(({ path, values, about, needs }) => {
      const call = ["tyr", path, values].filter((part) => part !== undefined).join(" ");
      return `| \`${call}\` | ${about} | ${needs} |`;
    });
    const squeezed = readme
      .split("\n")
      .filter((line) => line.startsWith("| `tyr "))
      .map((line) => line.replace(/ +/g, " "));
    expect(squeezed).toEqual(rows);
  });

  test("names permissions that exist", () => {
    const known: readonly string[] = [...PERMISSION_NAMES, "public", "offline"];
    expect(COMMANDS.filter(({ needs }) => !known.includes(needs))).toEqual([]);
  });

  test("has a loadable implementation and a help page for every command", async () => {
    for (const { path, load } of COMMANDS) {
      expect(await load()).toBeTypeOf("function");
      const world = await fakeWorld({ argv: [...path.split(" "), "--help"] });
      expect(await run(world, "1.2.3")).toBe(EXIT.ok);
      expect([world.out().includes(`Usage: tyr ${path}`), world.err()]).toEqual([true, ""]);
    }
  });

  test("has the exit codes of the README", () => {
    const rows = readme
      .split("\n")
      .map((line) => /^\| +(\d+) \| (.+?) +\|$/.exec(line))
      .filter((row) => row !== null);
    expect(rows.map(([, code, meaning]) => [Number(code), meaning])).toEqual(EXIT_MEANINGS);
    expect(Object.values(EXIT).toSorted((a, b) => a - b)).toEqual(EXIT_MEANINGS.map(([code]) => code));
  });
});

describe("a wrong call", () => {
  test.each([
    [[]],
    [["incident"]],
    [["nonsense"]],
    [["status", "--nonsense"]],
    [["status", "surplus"]],
    [["incident", "show"]],
    [["incident", "list", "--state", "open"]],
    [["incident", "list", "--limit", "0"]],
    [["incident", "list", "--limit", "1e3"]],
    [["incident", "show", "inc_1"]],
    [["incident", "move", "inc_00000000-0000-7000-8000-000000000001", "gone"]],
    [["action", "request", "launch_missiles", "x", "--reason", "y"]],
    [["block", "request", "203.0.113.7"]],
    [["rule", "mute", "5ad2bd23-6c8e-4e8d-a4a5-3f1c9a8b6d10", "--reason", "a load test"]],
    [["rule", "clip", "5ad2bd23-6c8e-4e8d-a4a5-3f1c9a8b6d10", "--reason", "r", "--to", "1.5"]],
    [
      [
        "rule",
        "disable",
        "5ad2bd23-6c8e-4e8d-a4a5-3f1c9a8b6d10",
        "--reason",
        "r",
        "--for",
        "1h",
        "--until",
        "2030-01-01",
      ],
    ],
    [["block", "request", "203.0.113.7", "--reason", "r", "--for", "soon"]],
    [["import", "x.log"]],
    [["import", "-", "--sensor", "s", "--follow"]],
    [["status", "--json", "-o", "csv"]],
    [["completion", "powershell"]],
  ])("%j is a usage error, said on stderr", async (argv) => {
    const world = await fakeWorld({ argv });
    expect([await run(world, "0"), world.out(), world.err() === ""]).toEqual([EXIT.usage, "", false]);
  });
});

test("bare --json never swallows the word behind it", () => {
  expect(spellJson(["incident", "show", "--json", "inc_1"])).toEqual(["incident", "show", "--json=", "inc_1"]);
  expect(spellJson(["incident", "note", "x", "--", "--json"])).toEqual(["incident", "note", "x", "--", "--json"]);
});

test("the version is printed on stdout", async () => {
  const world = await fakeWorld({ argv: ["--version"] });
  expect([await run(world, "9.8.7"), world.out()]).toEqual([0, "9.8.7\n"]);
});

test("colour in help is left to the stream: none is written into a pipe", async () => {
  const world = await fakeWorld({ argv: ["--help"] });
  await run(world, "0");
  expect(world.out()).not.toContain("\u001B");
});

describe("completion", () => {
  test("names every command in every shell", () => {
    for (const shell of SHELLS)
      for (const { path } of COMMANDS) expect(completionScript(shell)).toContain(path.split(" ").at(-1));
  });

  test("is a script bash accepts and completes with", async () => {
    const probe = `${completionScript("bash")}
COMP_WORDS=(tyr inc); COMP_CWORD=1; _tyr; echo "\${COMPREPLY[*]}"
COMP_WORDS=(tyr incident t); COMP_CWORD=2; _tyr; echo "\${COMPREPLY[*]}"
COMP_WORDS=(tyr approve act_1 --com); COMP_CWORD=3; _tyr; echo "\${COMPREPLY[*]}"`;
    const { stdout } = await promisify(execFile)("bash", ["-c", probe]);
    expect(stdout).toBe("incident\ntimeline take\n--comment\n");
  });
});
