import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tyr } from "./tyr.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "tyr-offline-"));
  await mkdir(path.join(home, "rules", "ssh"), { recursive: true });
});
afterEach(async () => await rm(home, { recursive: true, force: true }));

const rule = (title: string): string => `title: ${title}
id: 00000000-0000-4000-8000-000000000001
level: medium
logsource: { product: linux, service: sshd }
detection: { selection: { outcome: failure }, condition: selection }
`;

describe("tyr rule validate, without any server", () => {
  test("accepts good rules and leaves the tests beside them alone", async () => {
    await writeFile(path.join(home, "rules", "ssh", "failed.yml"), rule("Failed login"));
    await writeFile(path.join(home, "rules", "ssh", "failed.test.yml"), "- not: a rule\n");
    expect(await tyr(["rule", "validate"], { home })).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "1 rules in 1 files: 1 loaded, 0 rejected, 0 never applicable, 0 with warnings.\n",
    });
  });

  test("names file, line and reason of a bad rule and ends with 6; the good one still counts", async () => {
    await writeFile(path.join(home, "rules", "good.yml"), rule("Good"));
    await writeFile(
      path.join(home, "rules", "bad.yml"),
      rule("Bad").replace("condition: selection", "condition: nothing"),
    );
    const end = await tyr(["rule", "validate", "rules"], { home });
    expect([end.code, end.stdout]).toEqual([
      6,
      expect.stringMatching(/rejected +rules\/bad\.yml:\d+:\d+ +Bad .*condition-invalid/),
    ]);
    const json = await tyr(["rule", "validate", "rules", "--json=status,path"], { home });
    expect(JSON.parse(json.stdout)).toHaveLength(2);
  });

  test("a path without rules is a usage error", async () => {
    expect((await tyr(["rule", "validate", "rules"], { home })).code).toBe(2);
    expect((await tyr(["rule", "validate", "nowhere"], { home })).code).toBe(1);
  });
});

test("help is there in less than 200 ms: the best of seven, so that a busy machine does not decide", async () => {
  const times: number[] = [];
  for (let run = 0; run < 7; run += 1) times.push((await tyr(["--help"], { home })).ms);
  expect(Math.min(...times)).toBeLessThan(200);
});

test("a reader that leaves early is no error", async () => {
  const bin = new URL("../bin/tyr.mjs", import.meta.url).pathname;
  const { execFile } = await import("node:child_process");
  const ended = Promise.withResolvers<string>();
  const command = `set -o pipefail; "${process.execPath}" --conditions=@tyr/source "${bin}" completion fish | head -1; echo "code $?"`;
  execFile("bash", ["-c", command], (error, stdout, stderr) =>
    error === null ? ended.resolve(stdout + stderr) : ended.reject(error),
  );
  expect(await ended.promise).toBe("# fish completion for tyr\ncode 0\n");
});
