import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";

const DOOR = new URL("index.ts", import.meta.url).href;

/** In a process of its own: what is written where can only be seen from outside. */
function logged(statement: string): Readonly<{ out: string; lines: readonly Record<string, unknown>[] }> {
  const script = `import { createLogger } from ${JSON.stringify(DOOR)}; const log = createLogger("info"); ${statement}; log.flush();`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", timeout: 30_000 });
  const lines = run.stderr.split("\n").filter((line) => line !== "");
  return { out: run.stdout, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe("the log for whoever runs Tyr", () => {
  test("is lines of JSON on standard error and nowhere else, each with its time in UTC", () => {
    const { out, lines } = logged(String.raw`log.info({ name: "a\nb \u001b[31m" }, "one"); log.warn("two")`);
    expect(out).toBe("");
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [30, "one"],
      [40, "two"],
    ]);
    expect(lines[0]?.["name"]).toBe("a\nb \u001b[31m");
    for (const { time } of lines) expect(String(time)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test("never holds what is called a password, a key or a token, nor the headers of a request", () => {
    const secret = { password: "s3cret-1", key: "s3cret-2", token: "s3cret-3" };
    const { lines } = logged(
      `log.info({ body: ${JSON.stringify(secret)}, req: { headers: { authorization: "s3cret-4" } } }, "asked")`,
    );
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain("s3cret");
  });
});
