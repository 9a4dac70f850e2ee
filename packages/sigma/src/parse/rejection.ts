/** Why a document was refused. Stable words: screens, tests and the documentation key on them. */
export type RejectionCode =
  /** For those who read files for the engine, which reads none: the system does not let them. */
  | "file-unreadable"
  | "yaml-invalid"
  | "yaml-limit"
  | "yaml-tag"
  | "not-a-rule"
  | "legacy-collection"
  | "metadata-invalid"
  | "logsource-invalid"
  | "detection-invalid"
  | "condition-invalid"
  | "modifier-unknown"
  | "modifier-conflict"
  | "value-invalid"
  | "regex-invalid"
  /** It would come to too many states, by itself or with the others of its rule or text. */
  | "regex-too-large"
  | "placeholder-unresolved"
  | "correlation-invalid"
  | "filter-invalid"
  | "duplicate-id"
  | "duplicate-name"
  | "reference-unknown"
  | "reference-cycle"
  | "limit-exceeded"
  /** A processing pipeline that cannot be read. */
  | "pipeline-invalid"
  /** A rule that a processing pipeline refuses, or that is unusable after it. */
  | "pipeline-failed";

/** Steps from the root of a document to a value: mapping keys and list positions. */
export type ValuePath = readonly (string | number)[];

/**
 * Thrown inside the parser only; `loadRules` turns it into a report line, so it never leaves the package.
 * `at` leads to the offending value; the loader turns it into a line and a column.
 */
export class RuleRejected extends Error {
  override readonly name = "RuleRejected";
  readonly code: RejectionCode;
  readonly at: ValuePath;
  constructor(code: RejectionCode, message: string, at: ValuePath) {
    super(message);
    this.code = code;
    this.at = at;
  }
}

/** Refuses the document being parsed. */
export function reject(code: RejectionCode, message: string, at: ValuePath): never {
  throw new RuleRejected(code, message, at);
}
