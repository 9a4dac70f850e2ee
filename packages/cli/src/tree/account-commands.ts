import { YES, type CommandSpec } from "./command-spec.ts";

export const ACCOUNT_COMMANDS: readonly CommandSpec[] = [
  {
    path: "account show",
    about: "How you can sign in",
    needs: "session:own",
    load: async () => (await import("../commands/account.ts")).show,
  },
  {
    path: "account password",
    about: "Change your password; all your other sessions end",
    needs: "session:own",
    load: async () => (await import("../commands/account.ts")).changePassword,
  },
  {
    path: "account add-totp",
    about: "Sign in with an authenticator application besides the password, from now on",
    needs: "session:own",
    load: async () => (await import("../commands/account.ts")).addTotp,
  },
  {
    path: "account remove-totp",
    about: "Sign in with the password alone again",
    needs: "session:own",
    options: [YES],
    load: async () => (await import("../commands/account.ts")).removeTotp,
  },
  {
    path: "account recovery-codes",
    about: "Make new recovery codes; those before count no more",
    needs: "session:own",
    load: async () => (await import("../commands/account.ts")).renewRecoveryCodes,
  },
  {
    path: "user sessions",
    values: "<user>",
    about: "Where a user is signed in",
    needs: "user:read",
    load: async () => (await import("../commands/user-sessions.ts")).sessions,
  },
  {
    path: "user end-sessions",
    values: "<user>",
    about: "End every session of a user",
    needs: "user:write",
    options: [YES],
    load: async () => (await import("../commands/user-sessions.ts")).endSessions,
  },
  {
    path: "user unlock",
    values: "<user>",
    about: "Let a user's password count again after too many failures",
    needs: "user:write",
    load: async () => (await import("../commands/user-sessions.ts")).unlock,
  },
  {
    path: "user reset-sign-in",
    values: "<user>",
    about: "Give somebody who lost what they sign in with a new first password; second factors and sessions go",
    needs: "user:write",
    options: [
      { flags: "--password-stdin", about: "read the password as one line from stdin" },
      { flags: "--password-file <file>", about: "read the password as one line from a file" },
    ],
    load: async () => (await import("../commands/user-sessions.ts")).reset,
  },
];
