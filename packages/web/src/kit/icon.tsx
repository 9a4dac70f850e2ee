import type { ReactNode } from "react";

/** Drawn on a 16-unit grid with one stroke width; decorative, so always next to a word or under a label. */
const PATHS = {
  overview: "M2.5 9.5h4v4h-4zM2.5 2.5h4v4.5h-4zM9.5 2.5h4v4h-4zM9.5 9h4v4.5h-4z",
  events: "M2.5 4h11M2.5 8h11M2.5 12h7",
  detections: "M8 2.5a5.5 5.5 0 1 0 5.5 5.5M8 5.5A2.5 2.5 0 1 0 10.5 8M8 8l5-5",
  incidents: "M8 2.5 14 13H2zM8 6.5v3M8 11.2v.3",
  approvals: "M8 2v12M3 4.5h10M3 4.5 1.5 9h3zM13 4.5 11.5 9h3zM5.5 14h5",
  rules: "M3 2.5h10v11H3zM5.5 5.5h1M8.5 5.5h2M5.5 8h1M8.5 8h2M5.5 10.5h1M8.5 10.5h2",
  blocks: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM4.2 4.2l7.6 7.6",
  audit: "M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2",
  sensors:
    "M8 8v5.5M5.5 13.5h5M5 5a4.2 4.2 0 0 0 0 6M11 5a4.2 4.2 0 0 1 0 6M3 3a7 7 0 0 0 0 10M13 3a7 7 0 0 1 0 10M8 7v1",
  key: "M5.5 6a2.75 2.75 0 1 1 0 5.5A2.75 2.75 0 0 1 5.5 6zM7.5 6.8l5-4.3M10.5 4.3l1.8 2",
  users: "M8 3a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM3 13.5c.4-2.6 2.4-4 5-4s4.6 1.4 5 4",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3l3.2 3.2",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  check: "M3 8.5l3.5 3.5L13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.5v9l7-4.5z",
  clock: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 5v3.2l2 1.3",
  sun: "M8 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1",
  moon: "M13 9.5A5.5 5.5 0 1 1 6.5 3a4.5 4.5 0 0 0 6.5 6.5z",
  system: "M2.5 3.5h11v7.5h-11zM6 13.5h4M8 11v2.5",
  chevron: "M6 3.5 10.5 8 6 12.5",
  down: "M3.5 6 8 10.5 12.5 6",
  plus: "M8 3v10M3 8h10",
  roles: "M5.5 3a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM2 12.5c.3-2.3 1.6-3.5 3.5-3.5s3.2 1.2 3.5 3.5M11 4h3M11 7h3M11 10h3",
  review: "M3.5 2.5h9v11h-9zM5.5 6l1 1 2-2M5.5 10l1 1 2-2M10 6.5h1M10 10.5h1",
  shield: "M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4z",
  link: "M6.5 9.5l3-3M5 7.5 3.5 9a2.5 2.5 0 0 0 3.5 3.5L8.5 11M11 8.5 12.5 7A2.5 2.5 0 0 0 9 3.5L7.5 5",
  download: "M8 2.5v7.5M4.5 7 8 10.5 11.5 7M3 13.5h10",
  filter: "M2.5 3.5h11L9.5 8.5v4.5l-3-1.5v-3z",
  table: "M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6",
  chart: "M2.5 13.5h11M4.5 11V8M8 11V4M11.5 11V6",
  person: "M8 3a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM3 13.5c.4-2.6 2.4-4 5-4s4.6 1.4 5 4",
  note: "M3 2.5h10v8l-3 3H3zM10 13.5v-3h3",
  move: "M2.5 8h10M9 4.5 12.5 8 9 11.5",
  undo: "M5 3.5 2.5 6 5 8.5M2.5 6H10a3.5 3.5 0 0 1 0 7H6",
  alert: "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 5v3.5M8 10.7v.3",
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: Readonly<{ name: IconName; size?: number }>): ReactNode {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark: an upright with two arms, between a spear and a balance. */
export function Mark({ size = 28 }: Readonly<{ size?: number }>): ReactNode {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" />
      <path d="M16 27V6M16 6 8 14M16 6l8 8" />
    </svg>
  );
}
