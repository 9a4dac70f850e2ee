import { expect, test } from "vitest";
import { scanModule } from "../src/match/kernel/scan-module.ts";
import { compileKernel } from "./compile.ts";

test("the kernel that ships is what its source compiles to", async () => {
  expect(Buffer.from(await compileKernel()).toString("base64")).toBe(scanModule);
});
