import type { DraftItem, DraftNode } from "../parse/draft.ts";
import type { EventRun } from "./apply-to-event.ts";
import type { RuleRun } from "./apply-to-rule.ts";
import type { Scalar } from "./parameters.ts";
import type { Step } from "./pipeline.ts";

/** What a step does once its conditions hold; the kinds differ in what they can be applied to. */
export type Transformation =
  /** Gives a field one or more other names; undefined leaves it. Rules and events. */
  | Readonly<{
      kind: "rename";
      rename: (field: string) => readonly string[] | undefined;
      /** The fields keywords are to be searched in from now on. Rules only: events have none. */
      keywords?: readonly string[];
      /** Where the names it changes are known beforehand. */
      sources?: readonly string[];
      /** The same step the other way round, where there is one. */
      reversed?: () => Transformation;
    }>
  /** Gives a value one or more other values; undefined leaves it. Rules and events. */
  | Readonly<{
      kind: "value";
      change: (value: Scalar) => readonly Scalar[] | undefined;
      /** The same for an event, whose texts are no notation: a backslash or a star is itself there. Left out: `change`. */
      changeInEvent?: (value: Scalar) => readonly Scalar[] | undefined;
      /** The values are no longer what the modifiers were written for. */
      replaces?: true;
    }>
  /** Splits a field with several hashes in it. Rules and events. */
  | Readonly<{
      kind: "hashes";
      fields: readonly string[];
      /** Field and value of a text like `MD5=…`, or undefined. */
      read: (text: string) => Readonly<{ field: string; hash: string }> | undefined;
    }>
  /** Replaces an item by others, or takes it away (undefined). Rules only. */
  | Readonly<{ kind: "item"; change: (item: DraftItem, run: RuleRun) => DraftNode | undefined }>
  /** Changes the rule as a whole; some have a meaning for events too. */
  | Readonly<{ kind: "whole"; onRule: (run: RuleRun) => void; onEvent?: (run: EventRun) => void }>
  | Readonly<{ kind: "nest"; steps: readonly Step[] }>;
