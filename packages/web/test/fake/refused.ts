import type { ErrorCode } from "@tyr/contract";

/** A refusal of the stand-in, turned into a problem document by the server half. */
export class Refused extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}
