import { COMMANDS, GROUPS } from "../tree/command-tree.ts";
import { GLOBAL_OPTIONS, optionOf } from "../program.ts";
import type { CommandSpec, OptionSpec } from "../tree/command-spec.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Our own texts alone enter these scripts; still, nothing in them may end a quoted string. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "’")}'`;
}

function longFlags(options: readonly OptionSpec[]): string[] {
  return [...options.map((option) => optionOf(option).long ?? ""), "--help"].filter((flag) => flag !== "");
}

function firstWords(): Map<string, string> {
  const words = new Map<string, string>();
  for (const { path, about } of COMMANDS) {
    const [first = "", second] = path.split(" ");
    words.set(first, second === undefined ? about : (GROUPS[first] ?? ""));
  }
  return words;
}

function ofGroup(group: string): readonly CommandSpec[] {
  return COMMANDS.filter(({ path }) => path.startsWith(`${group} `));
}

function flagsOf(spec: CommandSpec): string {
  return longFlags([...(spec.options ?? []), ...GLOBAL_OPTIONS]).join(" ");
}

function bash(): string {
  const groups = Object.keys(GROUPS).map(
    (group) =>
      `    ${group}) words=${quoted(
        ofGroup(group)
          .map(({ path }) => path.split(" ")[1])
          .join(" "),
      )} ;;`,
  );
  const flags = COMMANDS.map((spec) => `    ${quoted(spec.path)}) flags=${quoted(flagsOf(spec))} ;;`);
  return `# bash completion for tyr
_tyr() {
  local current=\${COMP_WORDS[COMP_CWORD]} first=\${COMP_WORDS[1]:-} words= flags=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted([...firstWords().keys()].join(" "))} -- "$current"))
    return
  fi
  case "$first" in
${groups.join("\n")}
  esac
  if [ -n "$words" ] && [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  local command=$first
  [ -n "$words" ] && command="$first \${COMP_WORDS[2]}"
  case "$command" in
${flags.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _tyr tyr
`;
}

function zsh(): string {
  return `#compdef tyr
autoload -U +X bashcompinit && bashcompinit
${bash()}`;
}

function fishOption(option: OptionSpec, seen?: string): string[] {
  const { long, required } = optionOf(option);
  if (long === undefined) return [];
  const only = seen === undefined ? "" : ` -n '${seen}'`;
  return [`complete -c tyr${only} -l ${long.slice(2)}${required ? " -r" : ""} -d ${quoted(option.about)}`];
}

function fishCommand({ path, about, values = "", options = [] }: CommandSpec): string[] {
  const [first, second] = path.split(" ");
  const words = path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
  const seen = words.join("; and ");
  const nested = `complete -c tyr -n '${words[0]}' -a ${second} -d ${quoted(about)}`;
  const takesFiles = values.includes("<file...>") || values.includes("[path...]") || first === "audit";
  return [
    ...(second === undefined ? [] : [nested]),
    ...options.flatMap((option) => fishOption(option, seen)),
    ...(takesFiles ? [`complete -c tyr -n '${seen}' -F`] : []),
  ];
}

function fish(): string {
  const first = [...firstWords()].map(
    ([word, about]) => `complete -c tyr -n __fish_use_subcommand -a ${word} -d ${quoted(about)}`,
  );
  const lines = [
    "# fish completion for tyr",
    "complete -c tyr -f",
    ...first,
    ...COMMANDS.flatMap(fishCommand),
    ...GLOBAL_OPTIONS.flatMap((option) => fishOption(option)),
  ];
  return `${lines.join("\n")}\n`;
}

/** The completion script of a shell, made from the command tree. */
export function completionScript(shell: Shell): string {
  return { bash, zsh, fish }[shell]();
}
