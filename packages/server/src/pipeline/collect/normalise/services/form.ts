import type { EventKind, Severity } from "@tyr/contract";
import type { Outcome } from "../../event.ts";
import { type Captured, type CompiledTemplate, compileTemplate, type Template } from "./template.ts";
import type { Shape } from "./times.ts";

/** What a service is for: `service.type` of its events. Rules count refused logins of the same type together. */
type ServiceType =
  | "mail"
  | "file"
  | "database"
  | "voip"
  | "app"
  | "vpn"
  | "network"
  | "web"
  | "dns"
  | "desktop"
  | "cloud"
  | "container"
  | "host"
  | "decoy";

/** A service, and where its lines stand: under which programs of syslog, or behind which shape of time in a file of its own. */
export type Service = Readonly<{
  name: string;
  type: ServiceType;
  /** Program names as syslog has them; `postfix` also stands for `postfix/smtpd`. */
  programs?: readonly string[];
  /** How the time is written in the service's own log. */
  shapes?: readonly Shape[];
  /** `network.protocol`. */
  protocol?: string;
  product?: string;
}>;

/** What a line says. */
export type FormMeaning = Readonly<{
  kind: EventKind;
  /** `*` stands for the service. */
  action: string;
  category: string;
  outcome?: Outcome;
  severity?: Severity;
  /** More aliases, the same for every such line. */
  ecs?: Readonly<Record<string, unknown>>;
}>;

/** One form of line of one service. */
export type Form = Readonly<{ service: Service; meaning: FormMeaning; template: CompiledTemplate; text: string }>;
type Checked<Texts extends readonly string[]> = { [At in keyof Texts]: Texts[At] & Template<Texts[At]> };

/** Lines of a service, all with the same meaning. */
export function lines<const Texts extends readonly string[]>(
  service: Service,
  meaning: FormMeaning,
  ...texts: Checked<Texts>
): readonly Form[] {
  return (texts as readonly string[]).map((text) => ({ service, meaning, template: compileTemplate(text), text }));
}

const login: FormMeaning = { kind: "auth_attempt", action: "*.login", category: "authentication" };
export const REFUSED: FormMeaning = { ...login, outcome: "failure", severity: "low" };
export const UNKNOWN_USER: FormMeaning = { ...REFUSED, ecs: { "auth.user_known": false } };
export const ACCEPTED: FormMeaning = { ...login, outcome: "success" };

/** A login that was refused: once per attempt, whatever else the service says of it. */
export function refused<const Texts extends readonly string[]>(
  service: Service,
  ...texts: Checked<Texts>
): readonly Form[] {
  return lines<Texts>(service, REFUSED, ...texts);
}

/** A login refused because there is no such account. */
export function unknownUser<const Texts extends readonly string[]>(
  service: Service,
  ...texts: Checked<Texts>
): readonly Form[] {
  return lines<Texts>(service, UNKNOWN_USER, ...texts);
}

export function accepted<const Texts extends readonly string[]>(
  service: Service,
  ...texts: Checked<Texts>
): readonly Form[] {
  return lines<Texts>(service, ACCEPTED, ...texts);
}

/** A meaning in short. */
export function says(
  [kind, action, category]: readonly [kind: EventKind, action: string, category: string],
  more: Partial<FormMeaning> = {},
): FormMeaning {
  return { kind, action, category, ...more };
}

/** What a form found in a line. */
export type Found = Readonly<{ form: Form; captured: Captured }>;
