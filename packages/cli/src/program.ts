import { Command, Option } from "commander";
import { EXIT_MEANINGS } from "./exit-codes.ts";
import { FORMATS } from "./output/printer.ts";
import { COMMANDS, GROUPS } from "./tree/command-tree.ts";
import type { CommandSpec, OptionSpec } from "./tree/command-spec.ts";

export type Chosen = Readonly<{
  spec: CommandSpec;
  values: readonly string[];
  options: Readonly<Record<string, unknown>>;
}>;
type Out = Readonly<{ writeOut: (text: string) => void; writeErr: (text: string) => void }>;
export type ProgramOptions = Out & Readonly<{ version: string; choose: (chosen: Chosen) => void }>;

/** Options every command understands, before or after its name. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: "--url <url>", about: "the server (TYR_URL; default http://127.0.0.1:8970)" },
  { flags: "--token-file <file>", about: "file that holds the token (TYR_TOKEN, TYR_TOKEN_FILE)" },
  { flags: "-o, --output <format>", about: "form of the data on stdout", choices: FORMATS },
  { flags: "--json [fields]", about: "as -o json; --json=a,b.c takes only these fields" },
  { flags: "-q, --quiet", about: "no messages on stderr but warnings and errors" },
  { flags: "--no-color", about: "no colour (NO_COLOR, TERM=dumb)" },
  { flags: "--no-input", about: "never ask: what would need an answer is an error" },
  { flags: "--debug", about: "print where an error came from" },
];

export function optionOf(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.about);
  if (spec.choices !== undefined) option.choices(spec.choices);
  if (spec.repeat === true)
    option.argParser((value: string, before: unknown) => [
      ...(Array.isArray(before) ? (before as string[]) : []),
      value,
    ]);
  return option;
}

function configured(command: Command, out: Out): Command {
  return command.exitOverride().configureOutput(out).helpOption("-h, --help", "show help").helpCommand(false);
}

function addCommand(parent: Command, spec: CommandSpec, options: ProgramOptions): void {
  const command = configured(new Command(spec.path.split(" ").at(-1) ?? ""), options).description(spec.about);
  for (const value of spec.values?.split(" ") ?? []) command.argument(value);
  for (const option of spec.options ?? []) command.addOption(optionOf(option));
  if (spec.passesOptionsOn === true) command.allowUnknownOption().allowExcessArguments();
  command.addHelpText("after", () => {
    const examples = (spec.examples ?? []).map((example) => `  ${example}\n`);
    const needs = spec.needs === "offline" ? "Needs no server." : `Permission: ${spec.needs}.`;
    return `\n${needs}${examples.length > 0 ? `\n\nExamples:\n${examples.join("")}` : "\n"}`;
  });
  command.configureHelp({ showGlobalOptions: true });
  command.action(() => options.choose({ spec, values: command.args, options: command.optsWithGlobals() }));
  parent.addCommand(command, { isDefault: spec.isDefault === true });
}

function epilogue(): string {
  const codes = EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(2)}  ${meaning}`);
  return `
Exit codes:
${codes.join("\n")}

Settings come from the flag, then the environment (TYR_URL, TYR_TOKEN, TYR_TOKEN_FILE),
then ~/.config/tyr/config.json (written by tyr login), then the default.
tyr COMMAND --help tells more about each.
`;
}

/** The tree as a commander program. Nothing runs in here: the chosen command is handed to `choose`. */
export function buildProgram(options: ProgramOptions): Command {
  const program = configured(new Command("tyr"), options)
    .description("From attacker activity to approved, enforced, provable decisions.")
    .version(options.version, "-V, --version", "print the version")
    .addHelpText("after", epilogue);
  for (const option of GLOBAL_OPTIONS) program.addOption(optionOf(option));
  const groups = new Map<string, Command>();
  for (const spec of COMMANDS) {
    const [first = "", second] = spec.path.split(" ");
    if (second !== undefined && !groups.has(first)) {
      const group = configured(new Command(first), options).description(GROUPS[first] ?? "");
      groups.set(first, group);
      program.addCommand(group);
    }
    addCommand(second === undefined ? program : (groups.get(first) ?? program), spec, options);
  }
  return program;
}

/**
 * Bare `--json` as `--json=`: otherwise an optional value would swallow the word behind it (`--json inc_…`).
 * Nothing behind `--` is touched.
 */
export function spellJson(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  return argv.map((word, at) => (word === "--json" && (end < 0 || at < end) ? "--json=" : word));
}
