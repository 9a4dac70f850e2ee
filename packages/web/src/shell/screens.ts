import type { Permission } from "@tyr/contract";
import type { IconName } from "../kit/icon.tsx";

/** Every screen of the menu: its path, its word, its picture, and the permission without which it says who can help. */
export const SCREENS = [
  { to: "/", title: "Overview", icon: "overview", needs: "overview:read", key: "o" },
  { to: "/events", title: "Events", icon: "events", needs: "event:read", key: "e" },
  { to: "/detections", title: "Detections", icon: "detections", needs: "detection:read", key: "d" },
  { to: "/attack", title: "ATT&CK", icon: "table", needs: "detection:read", key: "t" },
  { to: "/rules", title: "Rules", icon: "filter", needs: "detection:read", key: "l" },
  { to: "/attackers", title: "Attackers", icon: "person", needs: "actor:read", key: "c" },
  { to: "/incidents", title: "Incidents", icon: "incidents", needs: "incident:read", key: "i" },
  { to: "/approvals", title: "Approvals", icon: "approvals", needs: "action:read", key: "a" },
  { to: "/blocks", title: "Blocks", icon: "blocks", needs: "block:read", key: "b" },
  { to: "/policy", title: "Policy", icon: "rules", needs: "policy:read", key: "x" },
  { to: "/mode", title: "Mode", icon: "shield", needs: "overview:read", key: "m" },
  { to: "/audit", title: "Audit", icon: "audit", needs: "audit:read", key: "u" },
  { to: "/sensors", title: "Sensors", icon: "sensors", needs: "sensor:read", key: "s" },
  { to: "/users", title: "Users", icon: "users", needs: "user:read", key: "p" },
  { to: "/roles", title: "Roles", icon: "roles", needs: "user:read", key: "r" },
  { to: "/reviews", title: "Access reviews", icon: "review", needs: "review:read", key: "v" },
  { to: "/privacy", title: "Privacy", icon: "clock", needs: "retention:run", key: "y" },
  { to: "/keys", title: "API keys", icon: "key", needs: "key:own", key: "k" },
] as const satisfies readonly { to: string; title: string; icon: IconName; needs: Permission; key: string }[];
