import { expect, test } from "vitest";
import { readDraft } from "./draft.ts";

const FILE = { path: "never.cedar", text: "// é\n" };

test("a draft comes back as it was kept", () => {
  const draft = { from: "a".repeat(64), files: [FILE] };
  expect(readDraft(JSON.stringify(draft))).toEqual(draft);
});

test.each([
  ["nothing", null],
  ["no JSON", "{"],
  ["no files", '{"from":"x","files":[]}'],
  ["a file without text", '{"from":"x","files":[{"path":"a"}]}'],
  ["a list", "[]"],
  ["a number where the bundle is named", '{"from":1,"files":[{"path":"a","text":""}]}'],
])("%s in its place is no draft", (_, stored) => {
  expect(readDraft(stored)).toBeUndefined();
});
