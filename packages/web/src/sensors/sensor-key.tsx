import type { ReactNode } from "react";
import { KeyOnce } from "../kit/key-once.tsx";

type SensorKeyProps = Readonly<{ name: string; secret: string; onClose: () => void }>;

/** A line of the generic JSON format; any field beyond these is kept as it is. */
const SAMPLE = `{"time":"'$(date -u +%FT%TZ)'","action":"ssh.login","outcome":"failure","src_ip":"203.0.113.9","user":"root"}`;

export function SensorKey({ name, secret, onClose }: SensorKeyProps): ReactNode {
  const { origin } = globalThis.location;
  const snippet = [
    `curl -sS ${origin}/api/v1/events \\`,
    `  -H 'X-Tyr-Key: ${secret}' \\`,
    `  -H 'Content-Type: application/x-ndjson' \\`,
    `  --data-binary \\`,
    `  '${SAMPLE}'`,
  ].join("\n");
  return (
    <KeyOnce
      title={`Key of ${name}`}
      secret={secret}
      about="This is the only time the key is shown: only its hash is stored. Whoever has it may send events as this sensor, and nothing else."
      snippet={snippet}
      snippetWhat="Send a first event"
      onClose={onClose}
    />
  );
}
