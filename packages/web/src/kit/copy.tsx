import { useEffect, useState, type ReactNode } from "react";
import { visibleText } from "../text/visible-text.ts";
import { Icon } from "./icon.tsx";

type CopyProps = Readonly<{ text: string; what: string; label?: string }>;

/** Copies text; the word changes for a moment so that success is seen and heard. */
export function CopyButton({ text, what, label }: CopyProps): ReactNode {
  const [state, setState] = useState<"ready" | "copied" | "refused">("ready");
  useEffect(() => {
    if (state === "ready") return undefined;
    const timer = setTimeout(() => setState("ready"), 1500);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
    } catch {
      // Browsers refuse the clipboard outside secure contexts; the text stays selectable.
      setState("refused");
    }
  };
  const said = state === "ready" ? `Copy ${what}` : state === "copied" ? "Copied" : "Not copied: select it by hand";
  return (
    <button
      type="button"
      className={label === undefined ? "icon-button copy" : "button small"}
      title={said}
      onClick={() => void copy()}
    >
      <Icon name={state === "copied" ? "check" : "copy"} size={14} />
      {label === undefined ? null : <span>{state === "copied" ? "Copied" : label}</span>}
      <span className="sr-only" aria-live="polite">
        {label === undefined || state !== "ready" ? said : ""}
      </span>
    </button>
  );
}

/** `evt_01890a5d…8057`: both ends, because ids sort by their head and differ in their tail. */
export function middle(text: string, lengthMax = 18): string {
  if (text.length <= lengthMax) return text;
  const tail = 4;
  return `${text.slice(0, lengthMax - tail - 1)}…${text.slice(-tail)}`;
}

/** An address, hash or id in monospace with its copy button. The clipboard gets the visible form: an escape in it could act. */
export function Code({
  text,
  what,
  short = false,
}: Readonly<{ text: string; what: string; short?: boolean }>): ReactNode {
  const safe = visibleText(text, 400);
  return (
    <span className="code">
      <bdi className="mono" title={short ? safe : undefined}>
        {short ? middle(safe) : safe}
      </bdi>
      <CopyButton text={safe} what={what} />
    </span>
  );
}
