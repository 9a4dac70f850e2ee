import type { MatrixSubTechnique } from "@tyr/contract";
import { Fragment, memo, type ReactNode } from "react";
import { counted } from "../text/counted.ts";
import { seenStep, shortCount, type Layer } from "./model.ts";

/** A form for each layer, so that they are told apart without colour: square, dot, tick. */
const SIGNS: Readonly<Record<Layer, ReactNode>> = {
  cover: <path d="M1 1h8v8H1z" />,
  seen: <circle cx="5" cy="5" r="4" />,
  tested: <path className="stroke" d="M1 5.5 4 8.5 9 2" />,
};

export function LayerSign({ layer, hollow = false }: Readonly<{ layer: Layer; hollow?: boolean }>): ReactNode {
  return (
    <svg
      className={`layer-sign layer-${layer}${hollow ? " hollow" : ""}`}
      viewBox="0 0 10 10"
      width="9"
      height="9"
      aria-hidden="true"
    >
      {SIGNS[layer]}
    </svg>
  );
}

type CellProps = Readonly<{
  cell: MatrixSubTechnique;
  cellKey: string;
  part?: boolean;
  isStop: boolean;
  isSelected: boolean;
  onOpen: (key: string) => void;
}>;

/**
 * One technique: its name, and of each layer a sign with its number. Layers are switched off by the style of the matrix, so
 * that nothing is drawn again for it.
 */
export const CellButton = memo(function CellButton(props: CellProps): ReactNode {
  const { cell, cellKey, part = false, isStop, isSelected, onOpen } = props;
  return (
    <button
      type="button"
      className={classOf(cell, part)}
      data-cell={cellKey}
      tabIndex={isStop ? 0 : -1}
      aria-current={isSelected ? "true" : undefined}
      onClick={() => onOpen(cellKey)}
    >
      <span className="attack-line">
        <span className="attack-id mono">{part ? cell.id.slice(5) : cell.id}</span>
        {cell.rules > 0 || cell.seen > 0 ? <Marks cell={cell} /> : null}
      </span>
      <span className="attack-name">
        <Breakable name={cell.name} />
      </span>
    </button>
  );
});

const RULES = ["rule", "rules"] as const;

function Marks({ cell }: Readonly<{ cell: MatrixSubTechnique }>): ReactNode {
  const { rules, enabled, tested, seen } = cell;
  const cover = enabled === rules ? counted(rules, RULES) : `${counted(rules, RULES)}, ${enabled} in force`;
  return (
    <span className="attack-marks">
      {rules === 0 ? null : <Mark layer="cover" hollow={enabled === 0} text={String(rules)} words={cover} />}
      {tested === 0 ? null : <Mark layer="tested" text={String(tested)} words={`${tested} tested`} />}
      {seen === 0 ? null : (
        <Mark layer="seen" text={shortCount(seen)} words={`seen ${counted(seen, ["time", "times"])}`} />
      )}
    </span>
  );
}

type MarkProps = Readonly<{ layer: Layer; hollow?: boolean; text: string; words: string }>;

function Mark({ layer, hollow = false, text, words }: MarkProps): ReactNode {
  return (
    <span className={`attack-mark mark-${layer}`}>
      <LayerSign layer={layer} hollow={hollow} />
      <span aria-hidden="true">{text}</span>
      <span className="sr-only">{words}, </span>
    </span>
  );
}

function classOf({ rules, enabled, seen }: MatrixSubTechnique, part: boolean): string {
  const step = seenStep(seen);
  return [
    "attack-cell",
    part ? "part" : "",
    rules === 0 && seen === 0 ? "blank" : "",
    rules === 0 ? "" : enabled > 0 ? "covered" : "covered off",
    step === 0 ? "" : `seen-${step}`,
  ]
    .filter((name) => name !== "")
    .join(" ");
}

/** `Deobfuscate/Decode` may break after its slash, and so need not within a word. */
function Breakable({ name }: Readonly<{ name: string }>): ReactNode {
  const [first = "", ...rest] = name.split("/");
  return (
    <>
      {first}
      {rest.map((part) => (
        <Fragment key={part}>
          /<wbr />
          {part}
        </Fragment>
      ))}
    </>
  );
}
