import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { isExposed, readConfiguration } from "./configuration.ts";
import { EXIT } from "./exit-codes.ts";
import { CliFailure } from "./failure.ts";
import { Input } from "./input.ts";
import { fakeWorld } from "./testing/fake-world.ts";
import { readUserFile, userFilePath, writeUserFile } from "./user-file.ts";
import type { World } from "./world.ts";

const none = new Input([], {});
const kept = { url: "http://127.0.0.1:9000", token: "kept-token", name: "odin" };

async function exitOf(work: Promise<unknown>): Promise<number | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof CliFailure) return error.parts.exit;
    throw error;
  }
}

async function worldWithFile(content: string, mode = 0o600, env: World["env"] = {}): Promise<World> {
  const world = await fakeWorld({ env });
  const file = userFilePath(world);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  await chmod(file, mode);
  return world;
}

describe("where a setting comes from", () => {
  test("without anything it is the default address and no token", async () => {
    const { url, token } = await readConfiguration(none, await fakeWorld());
    expect([url, token]).toEqual([{ value: "http://127.0.0.1:8970", origin: "default" }, undefined]);
  });

  test("the flag beats the environment, the environment the file", async () => {
    const env = { TYR_URL: "http://127.0.0.1:9001", TYR_TOKEN: "from-env" };
    const world = await worldWithFile(JSON.stringify(kept), 0o600, env);
    const byEnvironment = await readConfiguration(none, world);
    expect([byEnvironment.url.origin, byEnvironment.token]).toEqual([
      "TYR_URL",
      { value: "from-env", origin: "TYR_TOKEN" },
    ]);
    const byFlag = await readConfiguration(new Input([], { url: "https://tyr.example/base/" }), world);
    expect(byFlag.url).toEqual({ value: "https://tyr.example/base", origin: "--url" });
    const fromFile = await readConfiguration(none, await worldWithFile(JSON.stringify(kept)));
    expect([fromFile.url.value, fromFile.token?.value]).toEqual([kept.url, kept.token]);
  });

  test("the kept token is never sent to another address than the one it is for", async () => {
    const world = await worldWithFile(JSON.stringify(kept), 0o600, { TYR_URL: "https://elsewhere.example" });
    expect((await readConfiguration(none, world)).token).toBeUndefined();
  });

  test("an unusable address is a usage error as a flag and a configuration error elsewhere", async () => {
    for (const bad of ["tyr.example", "ftp://x", "http://u:p@x", "http://x/?q"]) {
      expect(await exitOf(readConfiguration(new Input([], { url: bad }), await fakeWorld()))).toBe(EXIT.usage);
      expect(await exitOf(readConfiguration(none, await fakeWorld({ env: { TYR_URL: bad } })))).toBe(
        EXIT.configuration,
      );
    }
  });
});

test("an address that is refused is shown without what may be secret in it", async () => {
  const secrets = [
    "http://u:hunter2@x",
    "ftp://hunter2@x",
    "u:hunter2@x",
    "http://u:hun@ter2@x",
    "http://x/?t=hunter2",
    "http://x/#hunter2",
    "http:u:hunter2@x",
  ];
  for (const url of secrets) {
    const said: unknown = await readConfiguration(new Input([], { url }), await fakeWorld()).catch(String);
    expect(said).toContain("(--url)");
    expect(said).not.toMatch(/hunter2|ter2/);
    expect(said).toContain("x");
  }
});

describe("the user file", () => {
  test("is written for its owner alone and read back", async () => {
    const world = await fakeWorld();
    const file = await writeUserFile(world, kept);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(file))).mode & 0o077).toBe(0);
    expect(await readUserFile(world)).toEqual(kept);
  });

  test("with a token others can read is refused, with the command that mends it", async () => {
    const world = await worldWithFile(JSON.stringify(kept), 0o644);
    await expect(readUserFile(world)).rejects.toThrow("others can read it");
    expect(await exitOf(readUserFile(world))).toBe(EXIT.configuration);
  });

  test("that is damaged is named, never guessed at", async () => {
    for (const text of ["{", "[1", '"x"', '{"url":5}'])
      expect(await exitOf(readUserFile(await worldWithFile(text)))).toBe(EXIT.configuration);
  });

  test("follows XDG_CONFIG_HOME when that is absolute", async () => {
    expect(userFilePath(await fakeWorld({ env: { XDG_CONFIG_HOME: "/conf" } }))).toBe("/conf/tyr/config.json");
    const relative = await fakeWorld({ env: { XDG_CONFIG_HOME: "conf" } });
    expect(userFilePath(relative)).toBe(path.join(relative.homeDirectory, ".config", "tyr", "config.json"));
  });
});

test("a token with a line break in it cannot forge a header", async () => {
  expect(await exitOf(readConfiguration(none, await fakeWorld({ env: { TYR_TOKEN: "a\r\nX-Evil: 1" } })))).toBe(
    EXIT.configuration,
  );
});

test("plain http is exposed anywhere but on this machine", () => {
  expect(["http://127.0.0.1:1", "http://localhost", "http://[::1]:2", "https://tyr.example"].some(isExposed)).toBe(
    false,
  );
  expect(["http://tyr.example", "http://10.0.0.1", "http://127.evil.example"].every(isExposed)).toBe(true);
});
