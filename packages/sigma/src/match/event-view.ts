import { fold } from "../compile/fold.ts";
import type { EventContent } from "./naive.ts";
import { allTexts, textOf, valuesOf } from "./field-values.ts";

/** One field of one event; texts and folded texts are made when first asked for. */
export class FieldView {
  readonly values: readonly unknown[] | undefined;
  #texts: readonly string[] | undefined;
  #folded: readonly string[] | undefined;
  constructor(values: readonly unknown[] | undefined) {
    this.values = values;
  }
  texts(): readonly string[] {
    this.#texts ??= (this.values ?? []).map(textOf).filter((text) => text !== undefined);
    return this.#texts;
  }
  folded(): readonly string[] {
    this.#folded ??= this.texts().map(fold);
    return this.#folded;
  }
}

/** Where the values of an event are read from. */
export type EventSource = Readonly<{
  /** @param slot the number of the field in the engine's views */
  valuesOf(name: string, slot: number): readonly unknown[] | undefined;
  /** Every text of it, for keywords. */
  texts(): readonly string[];
}>;

function sourceOf({ fields, raw }: EventContent): EventSource {
  return { valuesOf: (name) => valuesOf(fields, name), texts: () => allTexts(fields, raw) };
}

/**
 * An event with everything the rules of an engine have asked of it so far. One view serves one event after the other:
 * what it remembers carries the number of the event, so that nothing has to be cleared.
 */
export class EventView {
  readonly #names: readonly string[];
  readonly #fields: FieldView[] = [];
  readonly #fieldEvents: number[] = [];
  readonly #answers: number[] = [];
  #source: EventSource = sourceOf({ fields: {} });
  #number = 1;
  #keywords: FieldView | undefined;

  /** @param names of fields by slot; may grow while the view is in use */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  show(event: EventContent): this {
    return this.read(sourceOf(event));
  }

  read(source: EventSource): this {
    this.#source = source;
    this.#number += 1;
    this.#keywords = undefined;
    return this;
  }

  field(slot: number): FieldView {
    const known = this.#fields[slot];
    if (known !== undefined && this.#fieldEvents[slot] === this.#number) return known;
    while (this.#fields.length <= slot) {
      this.#fields.push(absent);
      this.#fieldEvents.push(0);
    }
    const view = new FieldView(this.#source.valuesOf(this.#names[slot] ?? "", slot));
    this.#fields[slot] = view;
    this.#fieldEvents[slot] = this.#number;
    return view;
  }

  keywords(): FieldView {
    return (this.#keywords ??= new FieldView(this.#source.texts()));
  }

  /** The answer of an item on this event: asked for once. */
  answer(item: number, program: (event: EventView) => boolean): boolean {
    const known = this.#answers[item] ?? 0;
    if (known === this.#number) return true;
    if (known === -this.#number) return false;
    while (this.#answers.length <= item) this.#answers.push(0);
    const answer = program(this);
    this.#answers[item] = answer ? this.#number : -this.#number;
    return answer;
  }
}

const absent = new FieldView(undefined);
