/** `1 event`, `1,204 events`. */
export function counted(count: number, [one, many]: readonly [one: string, many: string]): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

export const EVENTS = ["event", "events"] as const;
export const DETECTIONS = ["detection", "detections"] as const;
