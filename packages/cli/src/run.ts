import { CommanderError } from "commander";
import { openContext, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { explain, toFailure } from "./explain-failure.ts";
import { Input } from "./input.ts";
import { paintFor } from "./output/color.ts";
import { buildProgram, spellJson, type Chosen } from "./program.ts";
import type { World } from "./world.ts";

const SHOWN = new Set(["commander.helpDisplayed", "commander.version"]);

function parse(world: World, version: string): Chosen | ExitCode {
  let chosen: Chosen | undefined;
  const program = buildProgram({
    version,
    writeOut: (text) => world.stdout.write(text),
    writeErr: (text) => world.stderr.write(text),
    choose: (one) => (chosen = one),
  });
  try {
    program.parse(spellJson(world.argv), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return SHOWN.has(error.code) ? EXIT.ok : EXIT.usage;
  }
  return chosen ?? EXIT.usage;
}

/** Runs one command line; the number it resolves to is the exit code of the process. Never rejects. */
export async function run(world: World, version: string): Promise<ExitCode> {
  const chosen = parse(world, version);
  if (typeof chosen === "number") return chosen;
  const name = chosen.spec.path.split(" ")[0] ?? "";
  const input = new Input(chosen.values, chosen.options, world.argv.slice(world.argv.indexOf(name) + 1));
  let context: Context | undefined;
  try {
    const command = await chosen.spec.load();
    context = openContext(world, input);
    return await command(context, input);
  } catch (error) {
    const failure = toFailure(error);
    const paint = paintFor(world.stderr, world.env, input.allowed("color"));
    if (failure.parts.problem !== undefined) context?.print.refused(failure.parts.problem);
    world.stderr.write(`${explain(failure, paint, input.flag("debug"))}\n`);
    return failure.parts.exit;
  }
}
