import { type Document, isPair, isScalar, visit } from "yaml";

/** A number that is compared as another text than its author wrote, and at which character of the file. */
type RewrittenNumber = Readonly<{ source: string; value: string; offset: number }>;

/** Where numbers are compared as such, `1.0` and 1 are the same. */
const numeric = /\|(?:[gl]te?|minute|hour|day|week|month|year)(?:\||$)/;
const sections: readonly unknown[] = ["detection", "filter"];

const leadingZero = /^[-+]?0\d+$/;

/**
 * Makes digits after a zero the text they are: `00000429` is a code, not 429. YAML 1.2 reads a number; authors rely on
 * YAML 1.1 as PyYAML has it, where most such are texts (SigmaHQ's rules of keyboard layouts).
 */
export function keepLeadingZeros(document: Document.Parsed): void {
  visit(document, {
    Scalar: (_, scalar) => {
      const isNumber = typeof scalar.value === "number" || typeof scalar.value === "bigint";
      if (isNumber && scalar.source !== undefined && leadingZero.test(scalar.source)) scalar.value = scalar.source;
    },
  });
}

/**
 * Numbers in detections that YAML reads and Sigma compares as a text of other characters: `1.0` as 1, `0x10` as 16. A version or a code meant as text would never be found.
 */
export function rewrittenNumbers(document: Document.Parsed): readonly RewrittenNumber[] {
  const found: RewrittenNumber[] = [];
  visit(document, {
    Scalar: (step, { value, source, range }, path) => {
      if (step === "key" || (typeof value !== "number" && typeof value !== "bigint")) return;
      const keys = path.filter(isPair).map(({ key }) => (isScalar(key) ? key.value : undefined));
      if (!sections.includes(keys[0]) || numeric.test(String(keys.at(-1)))) return;
      const read = String(value);
      if (source !== undefined && source !== read) found.push({ source, value: read, offset: range?.[0] ?? 0 });
    },
  });
  return found;
}
