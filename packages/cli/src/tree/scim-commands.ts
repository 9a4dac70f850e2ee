import { YES, type CommandSpec } from "./command-spec.ts";

export const SCIM_COMMANDS: readonly CommandSpec[] = [
  {
    path: "scim list",
    about: "Clients through which identity providers provision users",
    needs: "key:read",
    load: async () => (await import("../commands/scim.ts")).list,
  },
  {
    path: "scim create",
    values: "<name>",
    about: "Let an identity provider provision users; only the key goes to stdout, once",
    needs: "user:write",
    options: [
      { flags: "--provider <id>", about: "the provider's id in the settings of sign-in" },
      { flags: "--network <cidr>", about: "where the key counts; may be repeated (default: anywhere)", repeat: true },
      { flags: "--days <n>", about: "days until the key expires, at most 365 (default 365)" },
    ],
    examples: ["tyr scim create corp-provisioning --provider corp > key-file"],
    load: async () => (await import("../commands/scim.ts")).create,
  },
  {
    path: "scim remove",
    values: "<client>",
    about: "End a client and its keys; whom it provisioned stays",
    needs: "user:write",
    options: [YES],
    load: async () => (await import("../commands/scim.ts")).remove,
  },
];
