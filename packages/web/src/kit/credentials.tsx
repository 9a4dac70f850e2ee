import type { ReactNode } from "react";
import { Field } from "./field.tsx";

type NameFieldProps = Readonly<{ hint?: string; autoComplete: "username" | "off"; isNew?: boolean }>;

/** The name somebody signs in with; a new one is held to the characters a name may have. */
export function NameField({ hint, autoComplete, isNew = false }: NameFieldProps): ReactNode {
  return (
    <Field label="Name" {...(hint === undefined ? {} : { hint })}>
      {(control) => (
        <input
          {...control}
          name="name"
          required
          maxLength={80}
          pattern={isNew ? "[a-zA-Z0-9][a-zA-Z0-9._@\\-]*" : undefined}
          autoComplete={autoComplete}
          autoCapitalize="none"
          spellCheck={false}
        />
      )}
    </Field>
  );
}

type PasswordFieldProps = Readonly<{ label?: string; hint?: string; isNew?: boolean }>;

/** Pasting and password managers are welcome; a new password has at least 15 characters. */
export function PasswordField({ label = "Password", hint, isNew = false }: PasswordFieldProps): ReactNode {
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      {(control) => (
        <input
          {...control}
          name="password"
          type="password"
          required
          minLength={isNew ? 15 : undefined}
          maxLength={256}
          autoComplete={isNew ? "new-password" : "current-password"}
        />
      )}
    </Field>
  );
}

/** A typed password, to the letter: spaces at its ends belong to it. */
export function passwordOf(form: FormData): string {
  const value = form.get("password");
  return typeof value === "string" ? value : "";
}
