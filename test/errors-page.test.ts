import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ERRORS } from "@tyr/contract";
import { expect, test } from "vitest";
import { ERRORS_PAGE, errorsPage } from "./errors-page.ts";

test("every error code has its section on the errors page, and the page has no other", () => {
  expect(readFileSync(ERRORS_PAGE, "utf8"), "npm run docs brings the page up to date").toBe(errorsPage());
});

test("every error class of the server carries a code from the list", () => {
  const root = fileURLToPath(new URL("../packages/server/src", import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  const codes = files.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/readonly code = "([A-Z_]+)"/g)].map((found) => found[1] ?? ""),
  );
  expect(codes.length).toBeGreaterThan(3);
  expect(codes.filter((code) => !(code in ERRORS))).toEqual([]);
});
