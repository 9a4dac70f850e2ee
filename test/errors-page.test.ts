import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ERRORS } from "@tyr/contract";
import { ledgerAdvice } from "@tyr/ledger";
import { expect, test } from "vitest";

const PATH = new URL("../docs/reference/errors.md", import.meta.url);

function page(): string {
  const http = Object.entries(ERRORS).map(
    ([code, [status, title, help]]) => `## ${code}\n\n${title}. HTTP status ${status}.\n\n${help}\n`,
  );
  const ledger = Object.entries(ledgerAdvice).map(([code, advice]) => `## ${code}\n\n${advice}\n`);
  return [
    "# Errors\n",
    "Every code Tyr answers with or stops with. The API sends them as problem details (RFC 9457) with `code`, `detail`, `help` and `requestId`.",
    "This page is written from the tables in `packages/contract` and `packages/ledger`; a test keeps them equal.\n",
    "# Server and API\n",
    ...http,
    "# Audit log and its verifier\n",
    ...ledger,
  ].join("\n");
}

test("every error code has its section on the errors page, and the page has no other", () => {
  if (process.env["CI"] === undefined) writeFileSync(PATH, page());
  expect(readFileSync(PATH, "utf8")).toBe(page());
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
