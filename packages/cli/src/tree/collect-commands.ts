import { LIST_OPTIONS, YES, type CommandSpec, type OptionSpec } from "./command-spec.ts";

const SENSOR_KIND: OptionSpec = {
  flags: "--kind <kind>",
  about: "what it watches",
  choices: ["ssh", "web", "database", "custom"],
};

export const COLLECT_COMMANDS: readonly CommandSpec[] = [
  {
    path: "import",
    values: "<file...>",
    about:
      "Send log files (gzip too, - is stdin) into a sensor's stream; of Cowrie's recordings the rhythm of keys alone",
    needs: "event:import",
    options: [
      { flags: "--sensor <name>", about: "name or id of the sensor (required)" },
      { flags: "--create", about: "register the sensor when there is none of that name" },
      { ...SENSOR_KIND, about: "what a sensor made by --create watches (default: from the format)" },
      {
        flags: "--format <format>",
        about: "format of the lines (default auto: each line is looked at)",
        choices: ["auto", "cowrie", "sshd", "access", "json"],
      },
      { flags: "--year <n>", about: "year of times that have none (BSD syslog)" },
      { flags: "--follow", about: "stay and send what is appended; survives rotation and restart" },
    ],
    examples: [
      "tyr import /var/log/auth.log --sensor gate-1 --create --format sshd",
      "zcat old/*.gz | tyr import - --sensor gate-1",
      "tyr import /var/log/nginx/access.log --sensor shop --follow",
      "tyr import var/lib/cowrie/tty/* --sensor gate-1",
    ],
    load: async () => (await import("../commands/import.ts")).importFiles,
  },
  {
    path: "sensor list",
    about: "Sensors with their counters",
    needs: "sensor:read",
    load: async () => (await import("../commands/sensor.ts")).list,
  },
  {
    path: "sensor add",
    values: "<name>",
    about: "Register a sensor; its key is printed once",
    needs: "sensor:write",
    options: [
      SENSOR_KIND,
      { flags: "--location <text>", about: "where it stands" },
      { flags: "--key-days <n>", about: "days until the key ends, 1 to 365 (default 365)" },
    ],
    examples: ["tyr sensor add gate-1 --kind ssh > gate-1.key"],
    load: async () => (await import("../commands/sensor.ts")).add,
  },
  {
    path: "sensor rotate",
    values: "<sensor>",
    about: "Replace a sensor's key; the old one stops at once, the new one counts as long",
    needs: "sensor:write",
    options: [YES],
    load: async () => (await import("../commands/sensor.ts")).rotate,
  },
  {
    path: "sensor deactivate",
    values: "<sensor>",
    about: "Stop taking events from a sensor; its events stay",
    needs: "sensor:write",
    options: [YES],
    load: async () => (await import("../commands/sensor.ts")).deactivate,
  },
  {
    path: "sensor quarantine",
    values: "[sensor]",
    about: "Input that could not be understood, with the reason",
    needs: "event:read",
    options: LIST_OPTIONS,
    load: async () => (await import("../commands/sensor.ts")).quarantine,
  },
];
