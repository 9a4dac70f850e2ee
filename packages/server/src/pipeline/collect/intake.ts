import type { IntakeReceipt, LogFormat, Result } from "@tyr/contract";
import type { Sensor } from "./sensor-store.ts";
import type { By } from "./sensors.ts";

/** Bytes from one sender, to be stored as events of one sensor. */
export type IntakeRequest = Readonly<{
  sensor: Sensor;
  by: By;
  body: Uint8Array;
  /** `gzip` or undefined; anything else is refused. */
  encoding?: string | undefined;
  /** Media type without parameters; decides between one JSON value and lines. Undefined: looked at. */
  contentType?: string | undefined;
  idempotencyKey?: string | undefined;
  format?: LogFormat | undefined;
  year?: number | undefined;
  /** Where the lines come from and the number of the first: events get `ref:line`. */
  ref?: string | undefined;
  firstLine?: number | undefined;
}>;

/** Resolves when everything in the request is on disk, or refuses and took nothing. */
export type Intake = (request: IntakeRequest) => Promise<Result<IntakeReceipt>>;
