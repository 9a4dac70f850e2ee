import type { ReactNode } from "react";

type FilterSelectProps<T extends string> = Readonly<{
  label: string;
  /** The first choice: no filter. */
  any: string;
  options: readonly T[];
  value: T | undefined;
  /** How a choice is said; by default by its own name. */
  words?: (option: T) => string;
  onChange: (value: T | undefined) => void;
}>;

const plain = (option: string): string => option.replaceAll("_", " ");

/** One filter of a list; what is chosen lives in the address. */
export function FilterSelect<T extends string>(props: FilterSelectProps<T>): ReactNode {
  const { label, any, options, value, onChange, words = plain } = props;
  return (
    <select
      aria-label={label}
      value={value ?? ""}
      onChange={(event) => onChange(options.find((known) => known === event.target.value))}
    >
      <option value="">{any}</option>
      {options.map((known) => (
        <option key={known} value={known}>
          {words(known)}
        </option>
      ))}
    </select>
  );
}
