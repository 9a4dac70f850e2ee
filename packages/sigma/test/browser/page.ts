/** What runs in the page: a module of the bundle, under the page's policy. */
import { answersTo, plainly, type Answers, type Vectors } from "../answers.ts";

/** What the page could do and what it answered, or why it could not. */
export type PageReport = Readonly<
  | { ok: true; canGenerate: boolean; canCompileWasm: boolean; usesKernel: boolean; answers: Answers; plain: Answers }
  | { ok: false; error: string }
>;

/** Whether the policy lets text become code: says that the policy is in force, and how. */
function canGenerate(): boolean {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- asks the platform whether it may; constant text
    return (new Function("return true") as () => boolean)();
  } catch {
    return false;
  }
}

/** The smallest module there is: a magic number and a version (WebAssembly core specification, section 5.5.16). */
const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

function canCompileWasm(): boolean {
  try {
    return new WebAssembly.Module(emptyModule) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

/** Counts the modules the engine starts: a kernel that quietly did not start would give the same answers. */
function countInstances(): () => number {
  let count = 0;
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct: (target, given: ConstructorParameters<typeof WebAssembly.Instance>) => {
      count += 1;
      return new target(...given);
    },
  });
  return () => count;
}

async function report(): Promise<PageReport> {
  try {
    const response = await fetch("/vectors.json");
    const vectors = (await response.json()) as Vectors;
    const instances = countInstances();
    const answers = answersTo(vectors);
    const usesKernel = instances() > 0;
    const plain = answersTo(vectors, plainly);
    return { ok: true, canGenerate: canGenerate(), canCompileWasm: canCompileWasm(), usesKernel, answers, plain };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? (error.stack ?? error.message) : "not an error" };
  }
}

await fetch("/report", { method: "POST", body: JSON.stringify(await report()) });
