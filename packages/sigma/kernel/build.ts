/**
 * Compiles `scan.ts` and writes it, as text that an import can carry, to `../src/match/kernel/scan-module.ts`: run
 * `npm run kernel` after every change of `scan.ts`. A test compiles again and compares.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileKernel, kernelModule } from "./compile.ts";

writeFileSync(join(import.meta.dirname, "../src/match/kernel/scan-module.ts"), kernelModule(await compileKernel()));
