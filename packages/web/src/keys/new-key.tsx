import type { ApiKeyMade } from "@tyr/contract";
import type { ReactNode } from "react";
import { KeyOnce } from "../kit/key-once.tsx";

/** A secret, this one time. */
export function NewKey({ made, onClose }: Readonly<{ made: ApiKeyMade; onClose: () => void }>): ReactNode {
  const { key, secret } = made;
  return (
    <KeyOnce
      title={`Key ${key.name}`}
      secret={secret}
      about={`This is the only time the key is shown: only its hash is stored. Whoever has it acts as ${key.owner.name}, within its scopes.`}
      snippet={`curl -sS -H "Authorization: Bearer ${secret}" ${globalThis.location.origin}/api/v1/status`}
      snippetWhat="Send it in a header, never in an address"
      onClose={onClose}
    />
  );
}
