import { completionScript, SHELLS } from "../completion/scripts.ts";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

export const completion: Run = async ({ print }, input) => {
  const wanted = input.value(0, "the shell");
  const shell = SHELLS.find((one) => one === wanted);
  if (shell === undefined)
    throw usage(`there is no completion for ${visible(wanted)}`, `Use one of: ${SHELLS.join(", ")}.`);
  print.verbatim(completionScript(shell));
  return await Promise.resolve(EXIT.ok);
};
