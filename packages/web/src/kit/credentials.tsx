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

type PasswordFieldProps = Readonly<{
  label?: string;
  hint?: string;
  name?: string;
  isNew?: boolean;
  /** Of a new one: 15, or 8 beside a second factor. */
  lengthMin?: number;
}>;

/** Pasting and password managers are welcome; a new password has at least 15 characters. */
export function PasswordField(props: PasswordFieldProps): ReactNode {
  const { label = "Password", hint, name = "password", isNew = false, lengthMin = 15 } = props;
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      {(control) => (
        <input
          {...control}
          name={name}
          type="password"
          required
          minLength={isNew ? lengthMin : undefined}
          maxLength={256}
          autoComplete={isNew ? "new-password" : "current-password"}
        />
      )}
    </Field>
  );
}

/** A typed password, to the letter: spaces at its ends belong to it. */
export function passwordOf(form: FormData, name = "password"): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

/** A code of the authenticator application, or a recovery code; the browser may fill it in. */
export function CodeField({ hint = "Six digits of your authenticator, or a recovery code." }): ReactNode {
  return (
    <Field label="Code" hint={hint}>
      {(control) => (
        <input
          {...control}
          name="code"
          required
          maxLength={60}
          className="mono"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- it appears because the server asked for it: nothing else is to do
          autoFocus
        />
      )}
    </Field>
  );
}

export function codeOf(form: FormData): string {
  const value = form.get("code");
  return typeof value === "string" ? value.trim() : "";
}
