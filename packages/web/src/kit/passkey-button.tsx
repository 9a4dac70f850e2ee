import type { PasskeyProof, PasskeyRequest } from "@tyr/contract";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { passkeysWork, showPasskey } from "../api/passkey.ts";
import { ErrorNotice } from "./notice.tsx";

type Props = Readonly<{
  /** Asks the server for a challenge. */
  begin: () => Promise<PasskeyRequest>;
  /** Hands in what the authenticator signed. */
  use: (proof: PasskeyProof) => Promise<void>;
  primary?: boolean;
}>;

/** "Use a passkey", where the browser would; nothing elsewhere. */
export function PasskeyButton({ begin, use, primary = false }: Props): ReactNode {
  const act = useMutation({ mutationFn: async () => await use(await showPasskey(await begin())) });
  if (!passkeysWork()) return null;
  return (
    <>
      {act.error === null ? null : <ErrorNotice error={act.error} />}
      <button
        type="button"
        className={primary ? "button primary block" : "button block"}
        disabled={act.isPending}
        onClick={() => act.mutate()}
      >
        {act.isPending ? "Waiting for the passkey…" : "Use a passkey"}
      </button>
    </>
  );
}
