import { pino, type Logger } from "pino";

export type { Logger } from "pino";

/** Logs for whoever runs Tyr, as JSON lines on stderr: stdout belongs to the command. Secrets are never passed in. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ["*.password", "*.key", "*.token", "req.headers"],
    },
    pino.destination({ fd: 2, sync: false }),
  );
}

export const silentLogger: Logger = pino({ level: "silent" });
