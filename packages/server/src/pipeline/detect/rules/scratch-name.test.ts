import { expect, test } from "vitest";
import { isScratchName } from "./scratch-name.ts";

test.each([
  ".ssh-guessing.yml.swp",
  "ssh-guessing.yml~",
  "#ssh-guessing.yml#",
  ".#ssh-guessing.yml",
  "ssh-guessing.yml.tmp",
  "4913",
  ".goutputstream-5XK2Z1",
  "ssh-guessing.yml___jb_tmp___",
  "ssh-guessing.yml.bak",
  "ssh-guessing.yml.swx",
  ".git",
  "..2026_11_02_08_00_00.123",
  "..data_tmp",
])("%s is what an editor or a volume leaves beside a rule", (name) => {
  expect(isScratchName(name)).toBe(true);
});

test.each(["ssh-guessing.yml", "SSH.YAML", "linux", "..data", "4913.yml", "a~b.yml", "#1.yml", "tmp"])(
  "%s may be a rule, or a way to one",
  (name) => {
    expect(isScratchName(name)).toBe(false);
  },
);
