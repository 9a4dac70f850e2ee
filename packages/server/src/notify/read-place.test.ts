import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NotifySettings } from "#platform/config";
import { readPlace } from "./read-place.ts";

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
let folder = "";
const file = (name: string, text: string, mode = 0o600): string => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  return path;
};
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "tyr-notify-"))));
afterAll(() => rmSync(folder, { recursive: true }));

function settings(over: Partial<NotifySettings> = {}): NotifySettings {
  const place = { url: "https://hooks.example/services/s3cret" };
  const secretFile = file("secret", SECRET);
  return { place, setting: "TYR_NOTIFY_URL", secretFile, about: [], reach: "public", ...over };
}

test("the place and the key are read, the place from a file too", () => {
  expect(readPlace(settings())).toEqual({
    url: new URL("https://hooks.example/services/s3cret"),
    secrets: [Buffer.alloc(32, 5)],
    reach: "public",
  });
  const urlFile = file("url", "https://hooks.example/services/s3cret\n");
  expect(readPlace(settings({ place: { urlFile } })).url.pathname).toBe("/services/s3cret");
  expect(readPlace(settings({ place: { url: "http://127.0.0.1:9/x" } })).url.protocol).toBe("http:");
});

test.each([
  "http://hooks.example/s3cret",
  "https://a:s3cret@hooks.example/",
  "https://hooks.example/#s3cret",
  "ftp://hooks.example/s3cret",
  "s3cret",
])("a place that would be reached in the clear, or is none, stops the start without being repeated: %s", (url) => {
  let said = "";
  try {
    readPlace(settings({ place: { url } }));
  } catch (error) {
    said = String(error);
  }
  expect(said).toContain("TYR_NOTIFY_URL");
  expect(said).not.toContain("s3cret");
});

test("a key that others may read, is missing or is none stops the start without being repeated", () => {
  const open = file("open", SECRET, 0o644);
  const none = file("none", "hunter2hunter2");
  expect(() => readPlace(settings({ secretFile: open }))).toThrow(/TYR_NOTIFY_SECRET_FILE.*chmod 600/);
  expect(() => readPlace(settings({ secretFile: join(folder, "gone") }))).toThrow(
    /TYR_NOTIFY_SECRET_FILE.*cannot be read/,
  );
  expect(() => readPlace(settings({ secretFile: none }))).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining("hunter2") }),
  );
});
