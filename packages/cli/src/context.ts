import type { Api } from "./api.ts";
import { askOn, type Ask } from "./ask.ts";
import { readConfiguration, type Configuration } from "./configuration.ts";
import type { ExitCode } from "./exit-codes.ts";
import { usage } from "./failure.ts";
import type { Input } from "./input.ts";
import { FORMATS, Printer, type Format } from "./output/printer.ts";
import type { World } from "./world.ts";

/** What every command gets: where to print, whom to ask, and the server once it is needed. */
export type Context = Readonly<{
  world: World;
  print: Printer;
  ask: Ask;
  configuration: () => Promise<Configuration>;
  /** Reads the configuration and loads the client: costs about 0.1 s, so only commands that talk pay for it. */
  api: (options?: { timeoutMs?: number }) => Promise<Api>;
}>;
export type Run = (context: Context, input: Input) => Promise<ExitCode>;

function outputOf(input: Input): { format: Format; fields: readonly string[] } {
  const format = input.oneOf("output", FORMATS);
  const json = input.text("json");
  if (json === undefined) return { format: format ?? "table", fields: [] };
  if (format !== undefined && format !== "json" && format !== "jsonl")
    throw usage(`--json and -o ${format} contradict each other`);
  return { format: format ?? "json", fields: json.split(",").filter((field) => field !== "") };
}

export function openContext(world: World, input: Input): Context {
  const color = input.allowed("color");
  const print = new Printer(world, { ...outputOf(input), color, quiet: input.flag("quiet") });
  let configuration: Promise<Configuration> | undefined;
  const configured = (): Promise<Configuration> => (configuration ??= readConfiguration(input, world));
  const ask = askOn(world, input.allowed("input"));
  return {
    world,
    print,
    ask,
    configuration: configured,
    async api(options = {}) {
      const { openApi } = await import("./api.ts");
      const { proveAgain } = await import("./prove.ts");
      const read = await configured();
      return openApi(read, world, {
        ...options,
        warn: (text) => print.warn(text),
        prove: async (call) => await proveAgain(call, { ask, world, configuration: read }),
      });
    },
  };
}
