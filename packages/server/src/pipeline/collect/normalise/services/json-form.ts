import type { FormMeaning, Service } from "./form.ts";
import { type CompiledTemplate, compileTemplate, type Template } from "./template.ts";

/** Looked for in an object: that a member is there (`true`), or what it says. A dot looks inside, a number into lists, `*` at all of one. */
export type Where = Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;

/** A kind of object a service writes, as JSON or as `key=value`. */
export type JsonForm = Readonly<{
  service: Service;
  meaning: FormMeaning;
  where: Where;
  /** Parts of templates, or names of aliases, and where their values stand. Of several places the first that is there. */
  names: Readonly<Record<string, string | readonly string[]>>;
  /** Aliases that hold what stands at all of these places, as a list where it is more than one thing. */
  lists?: Readonly<Record<string, readonly string[]>>;
  /** Where a request's body stands: only what it says of containers is read. */
  body?: string;
  /** Where the time stands, if not under a name everybody uses. */
  time?: readonly string[];
  /** A member whose text must fit one of the templates. */
  text?: Readonly<{ of: string; templates: readonly CompiledTemplate[] }>;
}>;

type Checked<Texts extends readonly string[]> = { [At in keyof Texts]: Texts[At] & Template<Texts[At]> };

export function textOf<const Texts extends readonly string[]>(
  of: string,
  ...texts: Checked<Texts>
): NonNullable<JsonForm["text"]> {
  return { of, templates: (texts as readonly string[]).map((text) => compileTemplate(text)) };
}
