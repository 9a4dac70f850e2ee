import type { CRITICALITIES, ENVIRONMENTS } from "@tyr/contract";
import { LIST_OPTIONS, REASON, YES, type CommandSpec, type OptionSpec } from "./command-spec.ts";

/** As the contract has them: loading it takes longer than showing help. */
const LEVELS: typeof CRITICALITIES = ["low", "medium", "high", "critical"];
const PLACES: typeof ENVIRONMENTS = ["production", "staging", "development"];

const SAID: readonly OptionSpec[] = [
  { flags: "--address <address>", about: "an address or prefix of it; may be repeated", repeat: true },
  { flags: "--group <group>", about: "a group policies know it by, e.g. never-touch; may be repeated", repeat: true },
  { flags: "--owner <name>", about: "whom to ask about it" },
  { flags: "--criticality <level>", about: "how much depends on it (default medium)", choices: LEVELS },
  { flags: "--environment <name>", about: "where it is (default production)", choices: PLACES },
];

export const GOVERN_COMMANDS: readonly CommandSpec[] = [
  {
    path: "mode show",
    isDefault: true,
    about: "The operating mode, why, what each mode does and when it comes by itself",
    needs: "overview:read",
    load: async () => (await import("../commands/mode.ts")).show,
  },
  {
    path: "mode set",
    values: "<mode>",
    about: "Change the operating mode; in production another person has to agree to a lower one",
    needs: "mode:write",
    options: [REASON, { flags: "--for <duration>", about: "how long, e.g. 1h (default: until it is changed)" }],
    examples: ['tyr mode set lockdown --reason "break-in on gate-1" --for 4h'],
    load: async () => (await import("../commands/mode.ts")).set,
  },
  {
    path: "settings show",
    about: "Modes by themselves, limits per minute, when automation proposes, time zone",
    needs: "policy:read",
    load: async () => (await import("../commands/settings.ts")).show,
  },
  {
    path: "settings set",
    values: "<change...>",
    about: "Change settings, each as NAME=VALUE; `notes=` clears the notes",
    needs: "settings:write",
    examples: ["tyr settings set autoElevate=true maxFailedLoginsPerMinute=20 timeZone=Europe/Berlin"],
    load: async () => (await import("../commands/settings.ts")).set,
  },
  {
    path: "asset list",
    about: "The inventory of assets, newest first",
    needs: "asset:read",
    options: [
      { flags: "--group <group>", about: "only those in this group" },
      { flags: "--address <address>", about: "only those that overlap this address or prefix" },
      ...LIST_OPTIONS,
    ],
    load: async () => (await import("../commands/asset.ts")).list,
  },
  {
    path: "asset add",
    values: "<name>",
    about: "Add an asset with its addresses",
    needs: "asset:write",
    options: SAID,
    examples: ["tyr asset add core-switch --address 198.51.100.1 --group never-touch --criticality critical"],
    load: async () => (await import("../commands/asset.ts")).add,
  },
  {
    path: "asset edit",
    values: "<asset>",
    about: "Change an asset, by id or name; what is left out stays",
    needs: "asset:write",
    options: [
      { flags: "--name <name>", about: "another name" },
      ...SAID,
      { flags: "--reason <text>", about: "why, for the audit log" },
    ],
    load: async () => (await import("../commands/asset.ts")).edit,
  },
  {
    path: "asset remove",
    values: "<asset>",
    about: "Take an asset, by id or name, out of the inventory",
    needs: "asset:write",
    options: [YES],
    load: async () => (await import("../commands/asset.ts")).remove,
  },
  {
    path: "asset import",
    values: "<file>",
    about: "Add or replace many assets by name from a JSON list, all of them or none",
    needs: "asset:write",
    options: [REASON],
    load: async () => (await import("../commands/asset.ts")).importAssets,
  },
];
