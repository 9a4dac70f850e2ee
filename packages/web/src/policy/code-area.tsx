import { useEffect, useRef, type ReactNode } from "react";

type CodeAreaProps = Readonly<{
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Lines something is wrong with, and what. */
  marks: ReadonlyMap<number, string>;
  /** A line to go to; another object asks again for the same line. */
  goTo: Readonly<{ line: number }> | undefined;
}>;

/** A text with its line numbers. A plain field, so that Tab leaves it, undo works and readers read it. */
export function CodeArea({ label, value, onChange, marks, goTo }: CodeAreaProps): ReactNode {
  const field = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = value.split("\n").length;
  useEffect(() => {
    const area = field.current;
    if (area === null || goTo === undefined) return;
    const start =
      area.value
        .split("\n")
        .slice(0, goTo.line - 1)
        .join("\n").length + (goTo.line > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(start, start);
    const height = Number.parseFloat(getComputedStyle(area).lineHeight);
    area.scrollTop = Math.max(0, (goTo.line - 4) * height);
  }, [goTo]);
  return (
    <div className="code-area">
      <div className="code-gutter" ref={gutter} aria-hidden="true">
        {Array.from({ length: lines }, (_, index) => (
          <div key={index} className={marks.has(index + 1) ? "marked" : undefined} title={marks.get(index + 1)}>
            {index + 1}
          </div>
        ))}
      </div>
      <textarea
        ref={field}
        className="mono"
        aria-label={label}
        aria-invalid={marks.size > 0}
        value={value}
        wrap="off"
        spellCheck={false}
        autoCapitalize="none"
        autoComplete="off"
        maxLength={65_536}
        onChange={(event) => onChange(event.target.value)}
        onScroll={(event) => {
          if (gutter.current !== null) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
