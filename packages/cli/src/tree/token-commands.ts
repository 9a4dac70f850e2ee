import { REASON, YES, type CommandSpec } from "./command-spec.ts";

export const TOKEN_COMMANDS: readonly CommandSpec[] = [
  {
    path: "token list",
    about: "Tokens your API keys were exchanged for",
    needs: "key:own",
    load: async () => (await import("../commands/token.ts")).list,
  },
  {
    path: "token all",
    about: "Everybody's tokens",
    needs: "key:read",
    load: async () => (await import("../commands/token.ts")).listAll,
  },
  {
    path: "token revoke",
    values: "<tokens>",
    about: "End tokens and all that came from the same grant; the key goes on counting",
    needs: "key:own",
    options: [YES],
    load: async () => (await import("../commands/token.ts")).revoke,
  },
  {
    path: "token keys",
    about: "Keys that access tokens are signed with",
    needs: "secret:read",
    load: async () => (await import("../commands/token.ts")).keys,
  },
  {
    path: "token rotate-key",
    about: "Make another signing key; it signs once verifiers had time to read it",
    needs: "secret:rotate",
    options: [
      REASON,
      { flags: "--compromised", about: "the old one may be in other hands: sign now, refuse every token given so far" },
      YES,
    ],
    examples: ['tyr token rotate-key --reason "yearly" --yes'],
    load: async () => (await import("../commands/token.ts")).rotateKey,
  },
];
