import { resolve } from "node:path";
import { NOTIFICATION_KINDS, type NotificationKind } from "@tyr/contract";

/** Where people are told outside of Tyr, and of what. Nobody is, unless it is set here. */
export type NotifySettings = Readonly<{
  /** The address itself, or the file that holds it: paths of webhooks are secrets. */
  place: Readonly<{ url: string }> | Readonly<{ urlFile: string }>;
  /** The setting the address comes from, for messages. */
  setting: "TYR_NOTIFY_URL" | "TYR_NOTIFY_URL_FILE";
  /** Holds the key messages are signed with; a second line while it is replaced. */
  secretFile: string;
  about: readonly NotificationKind[];
  /** `private`: the receiver may stand in one's own network. */
  reach: "public" | "private";
}>;
export type UnusableNotify = Readonly<{ setting: string; problem: string }>;
type Env = Readonly<Record<string, string | undefined>>;

/** What somebody has to look at, or to know. What was done as decided is on the page. */
const ABOUT_DEFAULT: readonly NotificationKind[] = ["waiting", "deadline", "break_glass", "decided", "failed"];

function readAbout(text: string | undefined): readonly NotificationKind[] | UnusableNotify {
  if (text === undefined) return ABOUT_DEFAULT;
  const named = text.split(",").map((one) => one.trim());
  const strange = named.find((one) => !NOTIFICATION_KINDS.some((kind) => kind === one));
  if (strange === undefined) return NOTIFICATION_KINDS.filter((kind) => named.includes(kind));
  return { setting: "TYR_NOTIFY_ABOUT", problem: `"${strange}" is not one of ${NOTIFICATION_KINDS.join(", ")}` };
}

/** Undefined: nowhere. */
function readWhere({
  TYR_NOTIFY_URL: url,
  TYR_NOTIFY_URL_FILE: urlFile,
}: Env): Pick<NotifySettings, "place" | "setting"> | UnusableNotify | undefined {
  if (url !== undefined && urlFile !== undefined)
    return { setting: "TYR_NOTIFY_URL_FILE", problem: "stands beside TYR_NOTIFY_URL: one of them says where" };
  if (url !== undefined) return { place: { url }, setting: "TYR_NOTIFY_URL" };
  return urlFile === undefined ? undefined : { place: { urlFile: resolve(urlFile) }, setting: "TYR_NOTIFY_URL_FILE" };
}

/**
 * `TYR_NOTIFY_URL` (or a file of it, `TYR_NOTIFY_URL_FILE`) switches notifications on; `TYR_NOTIFY_SECRET_FILE` names the file
 * of the key they are signed with, `TYR_NOTIFY_ABOUT` the kinds, `TYR_NOTIFY_PRIVATE=allow` lets the receiver stand in a private network.
 *
 * @returns the settings, undefined where nobody is told, or what is wrong with which
 */
export function parseNotify(env: Env): NotifySettings | UnusableNotify | undefined {
  const where = readWhere(env);
  if (where === undefined || "problem" in where) return where;
  const { TYR_NOTIFY_SECRET_FILE: secretFile, TYR_NOTIFY_PRIVATE: reach } = env;
  if (secretFile === undefined)
    return { setting: "TYR_NOTIFY_SECRET_FILE", problem: "is needed: every notification is signed" };
  if (reach !== undefined && reach !== "allow")
    return { setting: "TYR_NOTIFY_PRIVATE", problem: `"${reach}" is not "allow"` };
  const about = readAbout(env["TYR_NOTIFY_ABOUT"]);
  if ("problem" in about) return about;
  return { ...where, secretFile: resolve(secretFile), about, reach: reach === "allow" ? "private" : "public" };
}
