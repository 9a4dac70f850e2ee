import { YES, type CommandSpec, type OptionSpec } from "./command-spec.ts";

const MAKING: readonly OptionSpec[] = [
  {
    flags: "--scope <permission>",
    about: "what the key may do, e.g. event:read; may be repeated (required)",
    repeat: true,
  },
  {
    flags: "--network <cidr>",
    about: "where it counts, e.g. 192.0.2.0/24; may be repeated (default: anywhere)",
    repeat: true,
  },
  { flags: "--days <n>", about: "days until it expires, at most 365 (default 90)" },
];

const ROLE_PERMISSION: OptionSpec = {
  flags: "--permission <name>",
  about: "what the role may do, e.g. incident:read; may be repeated",
  repeat: true,
};
const ABOUT: OptionSpec = { flags: "--about <text>", about: "what it is for" };

export const KEY_COMMANDS: readonly CommandSpec[] = [
  {
    path: "role list",
    about: "Roles, built in and custom, and what they hold",
    needs: "user:read",
    load: async () => (await import("../commands/role.ts")).list,
  },
  {
    path: "role create",
    values: "<name>",
    about: "Make a role (custom_…) of permissions you hold; none approves or administers people",
    needs: "role:write",
    options: [ROLE_PERMISSION, ABOUT],
    examples: ["tyr role create custom_triage --permission incident:read --permission incident:write"],
    load: async () => (await import("../commands/role.ts")).create,
  },
  {
    path: "role change",
    values: "<name>",
    about: "Give a custom role exactly these permissions, from the next request of its holders",
    needs: "role:write",
    options: [ROLE_PERMISSION, ABOUT],
    load: async () => (await import("../commands/role.ts")).change,
  },
  {
    path: "role delete",
    values: "<name>",
    about: "Delete a custom role nobody holds; its name is not used again",
    needs: "role:write",
    options: [YES],
    load: async () => (await import("../commands/role.ts")).remove,
  },
  {
    path: "key list",
    about: "Your API keys",
    needs: "key:own",
    load: async () => (await import("../commands/key.ts")).list,
  },
  {
    path: "key all",
    about: "Everybody's API keys",
    needs: "key:read",
    load: async () => (await import("../commands/key.ts")).listAll,
  },
  {
    path: "key create",
    values: "<name>",
    about: "Make an API key that acts as you; only the key goes to stdout, once",
    needs: "key:own",
    options: MAKING,
    examples: ["tyr key create nightly-export --scope event:read --network 192.0.2.0/24 --days 30 > key-file"],
    load: async () => (await import("../commands/key.ts")).create,
  },
  {
    path: "key rotate",
    values: "<key>",
    about: "Make a new secret; the one before counts until the overlap is over",
    needs: "key:own",
    options: [
      {
        flags: "--overlap <duration>",
        about: "how long both count, at most 7d (default 24h; 0s ends the old one now)",
      },
      { flags: "--days <n>", about: "days until the key expires, at most 365 (default 90)" },
    ],
    load: async () => (await import("../commands/key.ts")).rotate,
  },
  {
    path: "key revoke",
    values: "<key>",
    about: "End a key for good; the next request with it is refused",
    needs: "key:own",
    options: [YES],
    load: async () => (await import("../commands/key.ts")).revoke,
  },
  {
    path: "service list",
    about: "Service accounts and who answers for them",
    needs: "key:read",
    load: async () => (await import("../commands/service.ts")).list,
  },
  {
    path: "service create",
    values: "<name>",
    about: "Make a principal for a program; it acts by its keys and never approves",
    needs: "key:write",
    options: [
      { flags: "--about <text>", about: "what it is for" },
      { flags: "--owner <user>", about: "who answers for it (default: you); disabling them stops it" },
    ],
    load: async () => (await import("../commands/service.ts")).create,
  },
  {
    path: "service key",
    values: "<service> <name>",
    about: "Make an API key that acts as a service account",
    needs: "key:write",
    options: MAKING,
    examples: ["tyr service key soar playbooks --scope incident:read --scope action:request > key-file"],
    load: async () => (await import("../commands/service.ts")).createKey,
  },
  {
    path: "service give",
    values: "<service> <user>",
    about: "Make another person its owner",
    needs: "key:write",
    load: async () => (await import("../commands/service.ts")).give,
  },
  {
    path: "service disable",
    values: "<service>",
    about: "Disable a service account and revoke its keys",
    needs: "key:write",
    options: [YES],
    load: async () => (await import("../commands/service.ts")).disable,
  },
  {
    path: "service enable",
    values: "<service>",
    about: "Let a service account have keys again; the revoked ones stay revoked",
    needs: "key:write",
    load: async () => (await import("../commands/service.ts")).enable,
  },
];
