import type { MatrixSubTechnique, MatrixTechnique } from "@tyr/contract";
import {
  memo,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from "react";
import { counted } from "../text/counted.ts";
import { CellButton } from "./cell.tsx";
import { cellKey, LAYERS, placeAfter, withParts, type Layer, type Tactic } from "./model.ts";

type MatrixProps = Readonly<{
  tactics: readonly Tactic[];
  layers: ReadonlySet<Layer>;
  /** Sub-techniques of all, instead of those somebody opened. */
  allParts: boolean;
  selected: string | undefined;
  onOpen: (key: string) => void;
}>;

const PARTS = ["sub-technique", "sub-techniques"] as const;
const TECHNIQUES = ["technique", "techniques"] as const;

/**
 * The matrix of one domain: a column for each tactic, a cell for each technique. One stop of the tab key; arrows, Home, End and
 * the page keys go from cell to cell, plus and minus open and close what a technique consists of.
 */
export function Matrix({ tactics, layers, allParts, selected, onOpen }: MatrixProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState<string>();
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((key: string) => setOpened((old) => toggled(old, key)), []);
  const stop = useMemo(() => tabStop(tactics, current ?? selected), [tactics, current, selected]);
  useSelectedInView(box, selected);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const { key, target } = event;
    const cell = target instanceof HTMLElement && !withModifier(event) ? target.dataset["cell"] : undefined;
    if (cell === undefined || box.current === null) return;
    if (key === "+" || key === "-") {
      if (opened.has(cell) === (key === "-")) toggle(cell);
      return;
    }
    const next = nextCell(box.current, cell, key);
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  };
  return (
    // Keys bubble from the buttons inside, which are what takes the focus.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={box}
      className={["attack-matrix", ...LAYERS.filter((layer) => !layers.has(layer)).map((layer) => `no-${layer}`)].join(
        " ",
      )}
      onKeyDown={onKeyDown}
      onFocus={(event) => setCurrent(event.target.dataset["cell"] ?? current)}
    >
      {tactics.map((tactic) => (
        <Column
          key={tactic.id}
          tactic={tactic}
          opened={opened}
          allParts={allParts}
          stop={isIn(tactic, stop) ? stop : undefined}
          selected={isIn(tactic, selected) ? selected : undefined}
          onOpen={onOpen}
          onToggle={toggle}
        />
      ))}
    </div>
  );
}

const withModifier = ({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean => ctrlKey || metaKey || altKey;

/** Whoever follows a link, or opens the panel that takes room from the matrix, still sees what it is about. */
function useSelectedInView(box: RefObject<HTMLElement | null>, selected: string | undefined): void {
  useEffect(() => {
    const show = (): void =>
      box.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (selected !== undefined) show();
    // Cells out of sight are of a guessed height; once those on the way were drawn, the place is right.
    const again = requestAnimationFrame(() => requestAnimationFrame(show));
    return () => cancelAnimationFrame(again);
  }, [box, selected]);
}

function toggled(old: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(old);
  if (!next.delete(key)) next.add(key);
  return next;
}

const isIn = ({ shortName }: Tactic, key: string | undefined): boolean => key?.startsWith(`${shortName}:`) === true;

/** The one cell the tab key stops at: where somebody was, else the first there is. */
function tabStop(tactics: readonly Tactic[], wanted: string | undefined): string | undefined {
  const first = tactics.find(({ techniques }) => techniques.length > 0);
  const keys = (tactic: Tactic): readonly string[] =>
    tactic.techniques.flatMap((one) => [one, ...one.subTechniques].map(({ id }) => cellKey(tactic.shortName, id)));
  const there = tactics.find((tactic) => isIn(tactic, wanted));
  if (wanted !== undefined && there !== undefined && keys(there).includes(wanted)) return wanted;
  return first === undefined ? undefined : keys(first)[0];
}

/** What is drawn is what one moves through, so the page itself is asked. */
function nextCell(box: HTMLElement, from: string, key: string): HTMLElement | undefined {
  const columns = [...box.children].map((column) => [...column.querySelectorAll<HTMLElement>("[data-cell]")]);
  const rowIn = (cells: readonly HTMLElement[]): number => cells.findIndex((cell) => cell.dataset["cell"] === from);
  const column = columns.findIndex((cells) => rowIn(cells) >= 0);
  const row = rowIn(columns[column] ?? []);
  const lengths = columns.map(({ length }) => length);
  const place = placeAfter(key, { column, row }, lengths);
  return place === undefined ? undefined : columns[place.column]?.[place.row];
}

type ColumnProps = Readonly<{
  tactic: Tactic;
  opened: ReadonlySet<string>;
  allParts: boolean;
  stop: string | undefined;
  selected: string | undefined;
  onOpen: (key: string) => void;
  onToggle: (key: string) => void;
}>;

/** Drawn again only when something of its own changed: the whole matrix has some seven hundred cells. */
const Column = memo(function Column({ tactic, opened, allParts, onToggle, ...shared }: ColumnProps): ReactNode {
  const title = `tactic-${tactic.id}`;
  const cell = (technique: MatrixSubTechnique, part = false): ReactNode => {
    const key = cellKey(tactic.shortName, technique.id);
    return (
      <CellButton
        cell={technique}
        cellKey={key}
        isStop={shared.stop === key}
        isSelected={shared.selected === key}
        onOpen={shared.onOpen}
        part={part}
      />
    );
  };
  const line = (technique: MatrixTechnique): ReactNode => {
    const key = cellKey(tactic.shortName, technique.id);
    const hasParts = technique.subTechniques.length > 0;
    const open = hasParts && (allParts || opened.has(key));
    return (
      <li key={technique.id}>
        {cell(open ? technique : { ...technique, ...withParts(technique) })}
        {hasParts && !allParts ? (
          <button
            type="button"
            className="attack-parts"
            tabIndex={-1}
            aria-expanded={open}
            onClick={() => onToggle(key)}
          >
            <span aria-hidden="true">{open ? "−" : "+"}</span>
            {counted(technique.subTechniques.length, PARTS)}
            <span className="sr-only"> of {technique.name}</span>
          </button>
        ) : null}
        {open ? (
          <ul className="attack-subs" aria-label={`Sub-techniques of ${technique.name}`}>
            {technique.subTechniques.map((part) => (
              <li key={part.id}>{cell(part, true)}</li>
            ))}
          </ul>
        ) : null}
      </li>
    );
  };
  return (
    <section className="attack-column" aria-labelledby={title}>
      <h2 id={title} className="attack-tactic">
        {tactic.name}
        <span className="muted small">{counted(tactic.techniques.length, TECHNIQUES)}</span>
      </h2>
      {tactic.techniques.length === 0 ? (
        <p className="muted small attack-none">none here</p>
      ) : (
        <ul aria-labelledby={title}>{tactic.techniques.map(line)}</ul>
      )}
    </section>
  );
});
