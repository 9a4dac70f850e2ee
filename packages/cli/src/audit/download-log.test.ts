import { parseManifest, tileWidth } from "@tyr/ledger";
import { describe, expect, test } from "vitest";
import { openApi } from "../api.ts";
import { fakeWorld } from "../testing/fake-world.ts";
import { sampleLog, type SampleLog } from "../testing/sample-log.ts";
import { downloadLog } from "./download-log.ts";

async function download(
  served: ReadonlyMap<string, Uint8Array>,
  asked: string[] = [],
): Promise<Map<string, Uint8Array>> {
  const world = await fakeWorld({
    fetch: (url) => {
      const path = new URL(url).pathname.replace("/api/v1/audit/log/", "");
      asked.push(path);
      const bytes = served.get(path);
      const missing = {
        type: "about:blank",
        title: "none",
        status: 404,
        detail: "",
        code: "NOT_FOUND",
        help: "",
        requestId: "",
      };
      return Promise.resolve(
        bytes === undefined ? Response.json(missing, { status: 404 }) : new Response(Buffer.from(bytes)),
      );
    },
  });
  const configuration = { url: { value: "http://127.0.0.1:1", origin: "default" }, token: undefined, userFile: {} };
  const files = new Map<string, Uint8Array>();
  const api = openApi(configuration, world, { warn: () => undefined });
  const options = { api, signal: world.signal, exportedAt: "2026-02-01T12:00:00Z", onProgress: () => undefined };
  for await (const { path, bytes } of downloadLog(options)) files.set(path, Buffer.from(bytes));
  return files;
}

function filesOf(log: SampleLog): Map<string, Uint8Array> {
  return new Map([...log.files].map(([path, bytes]) => [path, Buffer.from(bytes)]));
}

describe("downloading the log", () => {
  test.each([0, 1, 255, 256, 257, 600])("of %i entries gives exactly the files of an export", async (size) => {
    const log = await sampleLog(size);
    const files = await download(log.files);
    expect([...files.keys()].toSorted()).toEqual([...log.files.keys()].toSorted());
    const withoutManifest = (all: ReadonlyMap<string, Uint8Array>) =>
      new Map([...all].filter(([path]) => path !== "export.json"));
    expect(withoutManifest(files)).toEqual(withoutManifest(filesOf(log)));
    const manifest = parseManifest(files.get("export.json") ?? new Uint8Array());
    expect(manifest.ok && manifest.value.size).toBe(size);
  });

  test("asks for the checkpoint first, so that what is added meanwhile stays out, and writes it last", async () => {
    const asked: string[] = [];
    const log = await sampleLog(3);
    const files = await download(log.files, asked);
    expect([asked[0], [...files.keys()].at(-1)]).toEqual(["checkpoint", "checkpoint"]);
  });

  test("cuts the full tile when the log outgrew the partial one meanwhile", async () => {
    const [small, grown] = [await sampleLog(100), await sampleLog(tileWidth)];
    const served = new Map([
      ...grown.files,
      ["checkpoint", small.files.get("checkpoint") ?? new Uint8Array()] as const,
    ]);
    const files = await download(served);
    for (const path of ["tile/0/000.p/100", "tile/entries/000.p/100"])
      expect(files.get(path)).toEqual(filesOf(small).get(path));
  });

  test("of a server that claims more entries than could be, fails at the first that is missing and takes no memory before", async () => {
    const log = await sampleLog(3);
    const [, , ...rest] = Buffer.from(log.files.get("checkpoint") ?? [])
      .toString("utf8")
      .split("\n");
    const [origin] = Buffer.from(log.files.get("checkpoint") ?? [])
      .toString("utf8")
      .split("\n");
    const claim = Buffer.from([origin, String(2 ** 40), ...rest].join("\n"));
    const asked: string[] = [];
    await expect(download(new Map([...log.files, ["checkpoint", claim]]), asked)).rejects.toThrow("none");
    expect(asked.length).toBeLessThan(50);
  });

  test("refuses a checkpoint that is none", async () => {
    await expect(download(new Map([["checkpoint", Buffer.from("hello")]]))).rejects.toThrow("not one");
  });
});
