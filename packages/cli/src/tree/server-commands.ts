import type { CommandSpec } from "./command-spec.ts";

export const SERVER_COMMANDS: readonly CommandSpec[] = [
  {
    path: "up",
    about: "Start Tyr in this process",
    needs: "offline",
    options: [
      { flags: "--port <n>", about: "port to listen on (default 8970)" },
      { flags: "--host <address>", about: "address to listen on (default 127.0.0.1)" },
      { flags: "--data-dir <dir>", about: "where the embedded database lives (default .tyr)" },
      { flags: "--tls-cert <file>", about: "answer over TLS with this certificate (PEM, with its chain)" },
      { flags: "--tls-key <file>", about: "its private key (PEM)" },
      { flags: "--allow-cleartext", about: "let what is secret cross a network unencrypted" },
      { flags: "--public-url <url>", about: "where people reach it, when that is another address" },
      {
        flags: "--own-network <prefix>",
        about: "address or prefix that is yours and never blocked; may be repeated",
        repeat: true,
      },
      {
        flags: "--follow <sensor=path>",
        about: "log file to follow from inside the server; may be repeated",
        repeat: true,
      },
      {
        flags: "--rule-pipeline <file>",
        about: "processing pipeline (pySigma's format) rules go through as they load; may be repeated",
        repeat: true,
      },
      {
        flags: "--event-pipeline <file>",
        about: "the same for events, before rules look at them; may be repeated",
        repeat: true,
      },
      {
        flags: "--witness-policy <file>",
        about: "who witnesses the audit log, where, and how many must cosign (C2SP tlog-policy)",
      },
      { flags: "--log-level <level>", about: "how much to log (default info)" },
      { flags: "--no-sample", about: "do not replay the bundled attack log into an empty store" },
    ],
    examples: ["tyr up --port 9000 --no-sample"],
    passesOptionsOn: true,
    load: async () => (await import("../commands/up.ts")).up,
  },
  {
    path: "login",
    about: "Sign in and keep the session for this user of this machine",
    needs: "public",
    options: [
      { flags: "--name <name>", about: "who signs in" },
      { flags: "--code <code>", about: "second factor, where the account has one; counts once" },
      { flags: "--password-stdin", about: "read the password as one line from stdin" },
      { flags: "--password-file <file>", about: "read the password as one line from a file" },
    ],
    examples: ["tyr login --name odin", "pass tyr | tyr login --name odin --password-stdin --url https://tyr.example"],
    load: async () => (await import("../commands/login.ts")).login,
  },
  {
    path: "logout",
    about: "End the kept session here and on the server",
    needs: "session:own",
    load: async () => (await import("../commands/login.ts")).logout,
  },
  {
    path: "status",
    about: "What the server is doing: incidents, approvals, blocks, intake, lag",
    needs: "overview:read",
    load: async () => (await import("../commands/status.ts")).status,
  },
  {
    path: "doctor",
    about: "Check this machine and the server; every finding comes with its fix",
    needs: "overview:read",
    options: [
      { flags: "--data-dir <dir>", about: "data directory to look at" },
      { flags: "--port <n>", about: "port to look at (default: that of the server's address)" },
    ],
    load: async () => (await import("../commands/doctor.ts")).doctor,
  },
  {
    path: "completion",
    values: "<shell>",
    about: "Print the completion script of bash, zsh or fish",
    needs: "offline",
    examples: ["source <(tyr completion bash)", "tyr completion fish > ~/.config/fish/completions/tyr.fish"],
    load: async () => (await import("../commands/completion.ts")).completion,
  },
];
