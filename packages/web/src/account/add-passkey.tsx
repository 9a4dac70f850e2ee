import type { PasskeyAdded } from "@tyr/contract";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../api/client.ts";
import { makePasskey } from "../api/passkey.ts";
import { withProof } from "../api/proof.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { say } from "../kit/toast.tsx";
import { clientName } from "./client-name.ts";

async function add(name: string): Promise<PasskeyAdded> {
  const begun = await withProof(async () => await api.call("passkey.beginAdd", {}));
  const made = await makePasskey(begun);
  return await api.call("passkey.add", { body: { ...made, name } });
}

type Props = Readonly<{ onClose: () => void; onAdded: (codes: readonly string[] | null) => void }>;

/** Its name is asked for first: once the authenticator has made it, nothing is left to do. */
export function AddPasskey({ onClose, onAdded }: Props): ReactNode {
  const client = useQueryClient();
  const adding = useMutation({
    mutationFn: add,
    onSuccess: ({ passkey, recoveryCodes }) => {
      say(`${passkey.name} signs you in from now on`);
      onAdded(recoveryCodes);
    },
    onSettled: async () =>
      await client.invalidateQueries({
        predicate: ({ queryKey }) => ["account", "passkey", "session"].includes(String(queryKey[0])),
      }),
  });
  return (
    <Dialog title="Add a passkey" onClose={onClose}>
      <Form onData={(form) => adding.mutate(formText(form, "name"))}>
        <p>
          A passkey signs you in with the finger, face or PIN of your device, or with a security key. It needs no
          password and cannot be given away to a false page.
        </p>
        <Field label="Name" hint="To tell it from others: the device, or the key on your ring.">
          {(control) => (
            <input
              {...control}
              name="name"
              required
              maxLength={80}
              defaultValue={clientName(globalThis.navigator.userAgent) ?? ""}
              autoComplete="off"
            />
          )}
        </Field>
        <FormEnd verb="Make it" error={adding.error} busy={adding.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
