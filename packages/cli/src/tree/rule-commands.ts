import type { CommandSpec, OptionSpec } from "./command-spec.ts";

const PIPELINE: OptionSpec = {
  flags: "--pipeline <file>",
  about: "processing pipeline (pySigma's format) the rules go through; may be repeated",
  repeat: true,
};
const SOURCES: OptionSpec = {
  flags: "--sources <which>",
  about: "log sources there are: the engine's table, the server's own, or any of both (default)",
  choices: ["any", "table", "server"],
};

const REACH_DAYS: OptionSpec = {
  flags: "--days <n>",
  about: "how far to look back for what rules ask for (default 30)",
};

const PERIOD: readonly OptionSpec[] = [
  {
    flags: "--from <time>",
    about: "events from this time on: 2026-02-01, 2026-02-01T10:00:00Z, or 7d for seven days ago",
  },
  { flags: "--to <time>", about: "and before this one (default: now)" },
];

const WHY: OptionSpec = { flags: "--reason <text>", about: "why, for the audit log and for whoever asks later" };
const END: readonly OptionSpec[] = [
  { flags: "--for <duration>", about: "how long, e.g. 30m, 4h, 7d; then it is enabled again by itself" },
  { flags: "--until <time>", about: "the same as a time, e.g. 2026-02-01T10:00:00Z" },
];
const SOME_RULE = "5ad2bd23-6c8e-4e8d-a4a5-3f1c9a8b6d10";

/** What people set of rules. */
const STATE_COMMANDS: readonly CommandSpec[] = [
  {
    path: "rule states",
    about: "Rules that are disabled, clipped or muted: by whom, why and until when",
    needs: "detection:read",
    options: [{ flags: "--all", about: "enabled ones too" }],
    load: async () => (await import("../commands/rule-state.ts")).states,
  },
  {
    path: "rule show",
    values: "<rule>",
    about: "One rule in force: its state, its figures, its document",
    needs: "detection:read",
    load: async () => (await import("../commands/rule-state.ts")).show,
  },
  {
    path: "rule disable",
    values: "<rule>",
    about: "Let a rule find nothing and feed no correlation",
    needs: "rule:write",
    options: [WHY, ...END],
    examples: [`tyr rule disable ${SOME_RULE} --reason "our scanner" --for 4h`],
    load: async () => (await import("../commands/rule-state.ts")).disable,
  },
  {
    path: "rule clip",
    values: "<rule>",
    about: "Let a rule's tags be at most so sure; below 0.3 there is no tag",
    needs: "rule:write",
    options: [{ flags: "--to <confidence>", about: "the ceiling, 0 to 1 (required)" }, WHY, ...END],
    examples: [`tyr rule clip ${SOME_RULE} --to 0.45 --reason "often wrong here"`],
    load: async () => (await import("../commands/rule-state.ts")).clip,
  },
  {
    path: "rule mute",
    values: "<rule>",
    about: "Count a rule's detections for a while and store none; it still feeds correlations",
    needs: "rule:write",
    options: [WHY, ...END],
    examples: [`tyr rule mute ${SOME_RULE} --for 1h --reason "a load test"`],
    load: async () => (await import("../commands/rule-state.ts")).mute,
  },
  {
    path: "rule enable",
    values: "<rule>",
    about: "Take back what was set of a rule; with a reason that is kept beside it",
    needs: "rule:write",
    options: [WHY],
    load: async () => (await import("../commands/rule-state.ts")).enable,
  },
];

export const RULE_COMMANDS: readonly CommandSpec[] = [
  ...STATE_COMMANDS,
  {
    path: "rule list",
    about: "The rules in force and what was rejected",
    needs: "detection:read",
    load: async () => (await import("../commands/rule-list.ts")).list,
  },
  {
    path: "rule figures",
    values: "[rule]",
    about:
      "What a rule (or each) found per day, costs and is worth by people's verdicts, and what of its input comes in",
    needs: "detection:read",
    options: [REACH_DAYS],
    examples: ["tyr rule figures", "tyr rule figures 5ad2bd23-6c8e-4e8d-a4a5-3f1c9a8b6d10 --json=reach,precision"],
    load: async () => (await import("../commands/rule-figures.ts")).figures,
  },
  {
    path: "rule never-fired",
    about: "Rules that never found anything, and whether anything that comes in could make them",
    needs: "detection:read",
    options: [REACH_DAYS],
    load: async () => (await import("../commands/rule-figures.ts")).neverFired,
  },
  {
    path: "rule backtest",
    values: "[file-or-rule]",
    about:
      "Try a file of rules, or a rule in force, on stored events and compare it with what is in force; nothing is stored",
    needs: "rule:backtest",
    options: [...PERIOD, { flags: "--cancel <id>", about: "end a backtest instead" }],
    examples: [
      "tyr rule backtest draft.yml --from 7d",
      "tyr rule backtest draft.yml --from 2026-02-01 --to 2026-02-08 --json",
    ],
    load: async () => (await import("../commands/rule-backtest.ts")).backtest,
  },
  {
    path: "rule backfill",
    values: "[rule]",
    about: "Let a rule in force find in older events: stored and marked, without opening incidents or telling anybody",
    needs: "rule:backfill",
    options: [
      ...PERIOD,
      { flags: "--reason <text>", about: "why, for the audit log (required)" },
      { flags: "--cancel <id>", about: "end a backfill instead; what it wrote stays" },
    ],
    examples: ["tyr rule backfill 5ad2bd23-6c8e-4e8d-a4a5-3f1c9a8b6d10 --from 30d --reason 'new rule'"],
    load: async () => (await import("../commands/rule-backtest.ts")).backfill,
  },
  {
    path: "rule validate",
    values: "[path...]",
    about: "Say of each rule whether it loads and can ever match (default: rules/), without the server",
    needs: "offline",
    options: [PIPELINE, SOURCES, { flags: "--strict", about: "warnings and rules that can never match fail too" }],
    examples: [
      "tyr rule validate",
      "tyr rule validate sigma/rules --sources table --strict",
      "tyr rule validate --json",
    ],
    load: async () => (await import("../commands/rule-validate.ts")).validate,
  },
  {
    path: "rule test",
    values: "[path...]",
    about: "Run the *.test.yml files beside the rules: raw log lines or events in, rule ids out",
    needs: "offline",
    options: [PIPELINE],
    load: async () => (await import("../commands/rule-test.ts")).test,
  },
  {
    path: "rule explain",
    values: "<rule> <event>",
    about:
      "Tell which line of a rule decided about an event, or what a correlation made of each: a file, - for stdin, JSON or log lines",
    needs: "offline",
    options: [
      {
        flags: "--rules <path>",
        about: "where rules and filters are (default: rules/); may be repeated",
        repeat: true,
      },
      { flags: "--line <n>", about: "take this line of the file (default: the first); not for a correlation" },
      {
        flags: "--format <format>",
        about: "read the event as the server's intake does (default: only what is no JSON)",
        choices: ["auto", "cowrie", "sshd", "access", "json"],
      },
      { flags: "--year <n>", about: "year of times that have none (BSD syslog)" },
      {
        flags: "--time <field>",
        about: "field of JSON events that holds the time, for a correlation (default: the usual ones)",
      },
      {
        flags: "--only <which>",
        about: "of a correlation: all events (default), those a base rule holds for, or those at which it fired",
        choices: ["all", "matched", "fired"],
      },
      PIPELINE,
    ],
    examples: [
      "tyr rule explain login_failed 'Feb  1 10:00:00 gate sshd[9]: Failed password for root from 203.0.113.7 port 4000 ssh2'",
      "tyr rule explain rules/shell/download.yml cowrie.json --line 17 --format cowrie",
      "tyr rule explain ssh_guessing auth.log --only matched",
      "tyr rule explain many_hosts windows.ndjson.gz --time UtcTime --only fired --json",
    ],
    load: async () => (await import("../commands/rule-explain.ts")).explain,
  },
  {
    path: "rule bench",
    values: "<rules> <events>",
    about: "Play a file of events (NDJSON, gzip too, - is stdin) through rules and measure it on this machine",
    needs: "offline",
    options: [
      { flags: "--rounds <n>", about: "go over the file so often; the fastest round counts (default 1)" },
      { flags: "--logsource <parts>", about: "what all events are, e.g. product=windows,category=process_creation" },
      { flags: "--unrouted", about: "try every rule on every event" },
      {
        flags: "--workers <n>",
        about: "match on so many threads, each with an engine of its own (default: in the one thread)",
      },
      PIPELINE,
    ],
    examples: [
      "tyr rule bench sigma/rules windows.ndjson.gz --rounds 5",
      "tyr rule bench sigma/rules windows.ndjson.gz --rounds 5 --workers 4",
    ],
    load: async () => (await import("../commands/rule-bench.ts")).bench,
  },
  {
    path: "rule coverage",
    values: "[path...]",
    about: "ATT&CK techniques the rules find, and the log sources that feed them",
    needs: "offline",
    options: [PIPELINE, SOURCES, { flags: "--navigator", about: "print a layer for MITRE's ATT&CK Navigator" }],
    examples: ["tyr rule coverage --navigator > layer.json"],
    load: async () => (await import("../commands/rule-coverage.ts")).coverage,
  },
];
