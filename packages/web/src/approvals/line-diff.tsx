import { useMemo, type ReactNode } from "react";
import { diffLines } from "./diff.ts";
import { Hostile } from "../text/hostile.tsx";

const SIGN_WORDS = { "+": "added: ", "-": "removed: ", " ": "" } as const;

type LineDiffProps = Readonly<{ label: string; before: readonly string[]; after: readonly string[] }>;

/** Two texts line by line: what stays, what goes, what comes. The sign is read aloud as a word. */
export function LineDiff({ label, before, after }: LineDiffProps): ReactNode {
  const lines = useMemo(() => diffLines(before, after), [before, after]);
  return (
    <div className="diff" role="group" aria-label={label} tabIndex={0}>
      <ol>
        {lines.map((line, index) => {
          const key = `${index}${line.sign}${line.text}`;
          return (
            <li key={key} className={line.sign === "+" ? "added" : line.sign === "-" ? "removed" : "kept"}>
              <span aria-hidden="true" className="diff-sign">
                {line.sign}
              </span>
              <span className="sr-only">{SIGN_WORDS[line.sign]}</span>
              <Hostile text={line.text} mono />
            </li>
          );
        })}
      </ol>
    </div>
  );
}
