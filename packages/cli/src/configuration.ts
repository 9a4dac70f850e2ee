import { readFile } from "node:fs/promises";
import { badConfiguration, usage } from "./failure.ts";
import type { Input } from "./input.ts";
import { visible } from "./output/visible-text.ts";
import { readUserFile, userFilePath, type UserFile } from "./user-file.ts";
import type { World } from "./world.ts";

const DEFAULT_URL = "http://127.0.0.1:8970";
type Setting = Readonly<{ value: string; origin: string }>;
export type Configuration = Readonly<{ url: Setting; token: Setting | undefined; userFile: UserFile }>;

/** An address that is refused is shown without what may be secret in it: name and password, query, fragment. */
function withoutSecrets(text: string): string {
  const address = text.replace(/[?#].*$/s, "?…");
  const at = address.lastIndexOf("@");
  if (at < 0) return visible(address);
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/*/.exec(address.slice(0, at))?.[0] ?? "";
  // `name:secret@host` has a scheme's look, but no slashes: all before the @ is left out.
  return visible(`${scheme.endsWith("/") ? scheme : ""}…${address.slice(at)}`);
}

/** The address without a trailing slash. Credentials in it would end in logs and error messages: refused. */
function checkUrl(setting: Setting): Setting {
  const wrong = (what: string) => {
    const message = `${withoutSecrets(setting.value)} (${setting.origin}) ${what}`;
    const fix = `Write it like ${DEFAULT_URL}.`;
    return setting.origin === "--url" ? usage(message, fix) : badConfiguration(message, fix);
  };
  const url = URL.parse(setting.value);
  if (url === null || !["http:", "https:"].includes(url.protocol)) throw wrong("is not an http or https address");
  if (url.username !== "" || url.password !== "") throw wrong("holds a password");
  if (url.search !== "" || url.hash !== "") throw wrong("has a query or a fragment");
  return { ...setting, value: url.href.replace(/\/+$/, "") };
}

function urlSetting(input: Input, world: World, file: UserFile): Setting {
  const flag = input.text("url");
  if (flag !== undefined) return { value: flag, origin: "--url" };
  const environment = world.env["TYR_URL"];
  if (environment !== undefined && environment !== "") return { value: environment, origin: "TYR_URL" };
  if (file.url !== undefined) return { value: file.url, origin: userFilePath(world) };
  return { value: DEFAULT_URL, origin: "default" };
}

async function tokenFromFile(file: string, origin: string): Promise<Setting> {
  try {
    const value = (await readFile(file, "utf8")).trim();
    if (value === "") throw new Error("empty");
    return { value, origin };
  } catch (cause) {
    throw badConfiguration(
      `no token in ${visible(file)} (${origin}): ${cause instanceof Error ? visible(cause.message) : "unreadable"}`,
      "Write the token into that file, or unset the setting.",
    );
  }
}

async function tokenSetting(
  input: Input,
  world: World,
  context: { file: UserFile; url: string },
): Promise<Setting | undefined> {
  const flagFile = input.text("token-file");
  if (flagFile !== undefined) return await tokenFromFile(flagFile, "--token-file");
  const token = world.env["TYR_TOKEN"];
  if (token !== undefined && token !== "") return { value: token, origin: "TYR_TOKEN" };
  const environmentFile = world.env["TYR_TOKEN_FILE"];
  if (environmentFile !== undefined && environmentFile !== "")
    return await tokenFromFile(environmentFile, "TYR_TOKEN_FILE");
  const { file, url } = context;
  if (file.token === undefined || file.url?.replace(/\/+$/, "") !== url) return undefined;
  return { value: file.token, origin: userFilePath(world) };
}

/** Flag, then environment, then user file, then default; each value remembers where it came from. */
export async function readConfiguration(input: Input, world: World): Promise<Configuration> {
  const userFile = await readUserFile(world);
  const url = checkUrl(urlSetting(input, world, userFile));
  const token = await tokenSetting(input, world, { file: userFile, url: url.value });
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token.value))
    throw badConfiguration(
      `the token from ${visible(token.origin)} is not one line of visible ASCII`,
      "Sign in again.",
    );
  return { url, token, userFile };
}

/** Plain http beyond this machine shows passwords and tokens to the network. */
export function isExposed(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  const local = hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
  return protocol === "http:" && !local;
}
