import { REASON, YES, type CommandSpec, type OptionSpec } from "./command-spec.ts";

const DIRECTORY: OptionSpec = { flags: "--dir <dir>", about: "where key and memory of the witness are (required)" };

export const WITNESS_COMMANDS: readonly CommandSpec[] = [
  {
    path: "audit rotate-key",
    about: "Put a new signing key of the audit log in force; the old one signs along for a while",
    needs: "secret:rotate",
    options: [REASON, { flags: "--overlap-days <n>", about: "days the old key signs along (default 30)" }, YES],
    examples: ['tyr audit rotate-key --reason "yearly" --yes > tyr.vkey'],
    load: async () => (await import("../commands/audit-rotate-key.ts")).rotateKey,
  },
  {
    path: "witness key",
    about: "Make a witness's key, or show the verifier key of the one that is there",
    needs: "offline",
    options: [
      DIRECTORY,
      { flags: "--name <name>", about: "name of a new witness, an address without scheme: witness.example/audit" },
    ],
    examples: ["tyr witness key --dir /var/lib/tyr-witness --name witness.example/audit > witness.vkey"],
    load: async () => (await import("../commands/witness-key.ts")).key,
  },
  {
    path: "witness serve",
    about: "Remember and cosign the checkpoints of logs, on a machine their owner does not run (C2SP tlog-witness)",
    needs: "offline",
    options: [
      DIRECTORY,
      { flags: "--log <file-or-key>", about: "a log's verifier key, or a file of them; may be repeated", repeat: true },
      { flags: "--host <address>", about: "address to listen on (default 127.0.0.1)" },
      { flags: "--port <n>", about: "port to listen on (default 8971)" },
      { flags: "--tls-cert <file>", about: "answer over TLS with this certificate (PEM, with its chain)" },
      { flags: "--tls-key <file>", about: "its private key (PEM)" },
      { flags: "--allow-cleartext", about: "answer other machines over http, as behind a proxy with TLS" },
      { flags: "--rate <n>", about: "requests a minute from one address (default 60)" },
    ],
    examples: [
      "tyr witness serve --dir /var/lib/tyr-witness --log tyr.vkey --host 0.0.0.0 --tls-cert witness.pem --tls-key witness.key",
    ],
    load: async () => (await import("../commands/witness-serve.ts")).serve,
  },
];
