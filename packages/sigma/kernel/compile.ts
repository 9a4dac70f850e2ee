import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { main } from "assemblyscript/asc";

/** Characters of a line of text in the module written. */
const LINE = 118;

/** `scan.ts` as WebAssembly with fixed-width SIMD (WebAssembly 2.0), without a runtime of its own. */
export async function compileKernel(): Promise<Uint8Array> {
  const written = new Map<string, Uint8Array>();
  const complaints: string[] = [];
  const { error } = await main(
    ["scan.ts", "-O3", "--runtime", "stub", "--enable", "simd", "--noAssert", "--outFile", "scan.wasm"],
    {
      readFile: async (name) => (name === "scan.ts" ? await readFile(join(import.meta.dirname, name), "utf8") : null),
      writeFile: (name, contents) => {
        if (contents instanceof Uint8Array) written.set(name, contents);
      },
      listFiles: () => [],
      stderr: { write: (text) => void complaints.push(String(text)) },
    },
  );
  const bytes = written.get("scan.wasm");
  if (error !== null || bytes === undefined) throw new Error(`the kernel does not compile: ${complaints.join("")}`);
  return bytes;
}

/** The text of the module that carries it. */
export function kernelModule(bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return [
    "/** Generated from `kernel/scan.ts` by `npm run kernel`; do not edit. */",
    "export const scanModule: string = [",
    ...lines.map((line) => `  "${line}",`),
    '].join("");',
    "",
  ].join("\n");
}
