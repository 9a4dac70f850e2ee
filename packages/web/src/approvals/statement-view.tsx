import type { ActionStatement } from "@tyr/contract";
import type { ReactNode } from "react";
import { Code } from "../kit/copy.tsx";
import { Icon } from "../kit/icon.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";
import { statementWords } from "./statement-words.ts";

export type Shown = Pick<ActionStatement, "text" | "digest" | "expiresAt">;

/** What is about to be signed, read from the very text: in words, and to the letter. */
export function StatementView({ statement }: Readonly<{ statement: Shown }>): ReactNode {
  const { text, digest, expiresAt } = statement;
  return (
    <section className="statement" aria-label="What you sign">
      <dl className="facts">
        {(statementWords(text) ?? []).map(({ name, value }) => (
          <div key={name} className="fact">
            <dt>{name}</dt>
            <dd>
              <Hostile text={value} limit={1000} />
            </dd>
          </div>
        ))}
      </dl>
      <details>
        <summary>The text, to the letter</summary>
        <pre className="policy-text statement-text" tabIndex={0}>
          <Hostile text={text} limit={16_384} />
        </pre>
      </details>
      <p className="muted small">
        SHA-256 <Code text={digest} what="digest of the statement" short /> · to be signed{" "}
        <Time at={expiresAt} show="age" />, once
      </p>
    </section>
  );
}

/** The text is not what the screen says: nothing is signed. */
export function Differs({ names }: Readonly<{ names: readonly string[] }>): ReactNode {
  return (
    <div className="notice notice-error" role="alert">
      <Icon name="alert" />
      <div className="notice-body">
        <strong>This is not what you were shown</strong>
        <p>The text to sign differs from this page in: {names.join(", ")}. Nothing was signed.</p>
        <p className="muted">Close this, reload the page and read the request again. If it stays, tell who runs Tyr.</p>
      </div>
    </div>
  );
}
