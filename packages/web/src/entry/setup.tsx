import { FIRST_ROLES, PERMISSIONS, permissionsOf } from "@tyr/contract";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { api } from "../api/client.ts";
import { ask } from "../api/queries.ts";
import { roleTitle } from "../api/session.ts";
import { NameField, PasswordField, passwordOf } from "../kit/credentials.tsx";
import { Field, formText } from "../kit/field.tsx";
import { Form } from "../kit/form.tsx";
import { ErrorNotice, Loaded } from "../kit/notice.tsx";
import { EntryFrame } from "./frame.tsx";

/** The token travels behind `#`, which browsers never send: it is in no server log and no referrer. */
function tokenOf(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? "";
}

export function SetupPage(): ReactNode {
  const query = useQuery(ask("setup.state", {}));
  const [token] = useState(() => tokenOf(globalThis.location.hash));
  // Once read it has no business in the address bar or the history.
  useEffect(() => globalThis.history.replaceState(globalThis.history.state, "", globalThis.location.pathname), []);
  return (
    <EntryFrame title="First administrator" aside={<WhatTheyMay />}>
      <Loaded query={query} lines={3}>
        {({ needed }) => (needed ? <SetupForm token={token} /> : <AlreadyDone />)}
      </Loaded>
    </EntryFrame>
  );
}

function AlreadyDone(): ReactNode {
  return (
    <>
      <p>The first administrator exists already. Sign in, or ask an administrator for an account.</p>
      <Link to="/login" className="button primary block">
        Sign in
      </Link>
    </>
  );
}

function SetupForm({ token }: Readonly<{ token: string }>): ReactNode {
  const client = useQueryClient();
  const router = useRouter();
  const setup = useMutation({
    mutationFn: async (body: { token: string; name: string; password: string }) =>
      await api.call("setup.complete", { body }),
    onSuccess: () => {
      client.clear();
      router.history.push("/");
    },
  });
  const submit = (form: FormData): void => {
    const typed = formText(form, "token");
    setup.mutate({
      token: token === "" ? typed : token,
      name: formText(form, "name"),
      password: passwordOf(form),
    });
  };
  return (
    <Form onData={submit}>
      {token === "" ? (
        <Field label="Set-up token" hint="From the link the server printed when it started.">
          {(control) => (
            <input
              {...control}
              name="token"
              required
              maxLength={200}
              autoComplete="off"
              spellCheck={false}
              className="mono"
            />
          )}
        </Field>
      ) : (
        <p className="muted">The link is good for one account. There is no default password anywhere.</p>
      )}
      <NameField hint="Letters, digits and . _ @ -" autoComplete="username" isNew />
      <PasswordField
        hint="At least 15 characters; a sentence is fine. Pasting from a password manager is welcome."
        isNew
      />
      {setup.error === null ? null : <ErrorNotice error={setup.error} />}
      <button type="submit" className="button primary block" disabled={setup.isPending}>
        {setup.isPending ? "Creating…" : "Create and sign in"}
      </button>
    </Form>
  );
}

/** Read from the permission table, so that it can not say anything else than what the server grants. */
function WhatTheyMay(): ReactNode {
  const permissions = [...permissionsOf(FIRST_ROLES)];
  const extra = permissions.filter((permission) => !permission.endsWith(":read") && permission !== "session:own");
  return (
    <>
      <h2>What this person may do</h2>
      <p>As {FIRST_ROLES.map(roleTitle).join(" and ")}: read everything, and</p>
      <ul>
        {extra.map((permission) => (
          <li key={permission}>{PERMISSIONS[permission]}</li>
        ))}
      </ul>
      <p className="muted">
        Nobody approves what they asked for themselves: a second person under Users makes that work.
      </p>
    </>
  );
}
