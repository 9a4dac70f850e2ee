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

/** One event with everything the rules of an engine have asked of it so far; lives for one `match`. */
export class EventView {
  readonly #event: EventContent;
  readonly #names: readonly string[];
  readonly #fields: (FieldView | undefined)[] = [];
  /** Per item number: undefined until evaluated. */
  readonly answers: (boolean | undefined)[] = [];
  #keywords: FieldView | undefined;
  constructor(event: EventContent, names: readonly string[]) {
    this.#event = event;
    this.#names = names;
  }
  field(slot: number): FieldView {
    return (this.#fields[slot] ??= new FieldView(valuesOf(this.#event.fields, this.#names[slot] ?? "")));
  }
  keywords(): FieldView {
    return (this.#keywords ??= new FieldView(allTexts(this.#event.fields, this.#event.raw)));
  }
}
