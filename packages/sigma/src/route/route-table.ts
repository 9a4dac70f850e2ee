import { cloudRows } from "./cloud-rows.ts";
import { honeypotRows } from "./honeypot-rows.ts";
import { linuxRows } from "./linux-rows.ts";
import { networkRows, sensorRows } from "./network-rows.ts";
import type { RouteRow } from "./route-row.ts";
import { windowsRows } from "./windows-rows.ts";

/**
 * What the fields of an event say about where it comes from. Families are tried in the order their gates first appear
 * here, so what is unmistakable stands before what is merely likely.
 */
export const routeTable: readonly RouteRow[] = [
  ...windowsRows,
  ...honeypotRows,
  ...sensorRows,
  ...linuxRows,
  ...cloudRows,
  ...networkRows,
];
