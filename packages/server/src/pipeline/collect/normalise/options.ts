import type { LogFormat } from "@tyr/contract";
import type { SensorTable } from "../tables.ts";

/** How to read lines. */
export type NormaliseOptions = Readonly<{
  format: LogFormat;
  /** Kind of the sensor that sent them. */
  sensorKind: SensorTable["kind"];
  /** Our clock: for lines without a (whole) time. */
  now: Date;
  /** Year of logs whose times have none. */
  year?: number | undefined;
  /** Product of the sensor's software, e.g. "nginx": access logs do not say it themselves. */
  product?: string | undefined;
  /** Of the event, where whoever reads the line already found it. */
  time?: Date | undefined;
}>;
