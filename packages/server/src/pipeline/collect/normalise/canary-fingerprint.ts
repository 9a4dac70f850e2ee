import ipaddr from "ipaddr.js";
import { canonicalAddress } from "../address.ts";
import { flagOf, isObject, type Json, listOf, numberOf, objectOf, textOf } from "./json-members.ts";
import { automationOfAgent } from "./tool-catalogue.ts";

/**
 * What a page with a canary gathers in the browser that opened it: `nav` (navigator), `scr` (screen), `tz` (time zone), `cv`
 * (canvas), `gl` (WebGL), `au` (audio), `ft` (fonts), `rtc` (addresses of WebRTC). We compare them ourselves: a flag the
 * sender computed could be made up, and one the browser sends is the attacker's own word.
 */
const PARTS = ["nav", "scr", "tz", "cv", "gl", "au", "ft", "rtc"];
/** Fewer parts are no fingerprint: somebody tries what the address takes. */
const PARTS_MIN = 3;

export function isFingerprint(json: Json): boolean {
  return PARTS.filter((part) => Object.hasOwn(json, part) && json[part] !== null).length >= PARTS_MIN;
}

export type FingerprintContext = Readonly<{ agent: string | undefined; src: string | undefined }>;

export function fingerprintAliases(fingerprint: Json, { agent: header, src }: FingerprintContext): Json {
  const nav = objectOf(fingerprint, "nav") ?? {};
  const agent = textOf(nav, "userAgent", "user_agent", "ua") ?? header;
  const gl = objectOf(fingerprint, "gl") ?? {};
  const renderer = textOf(gl, "renderer") ?? textOf(fingerprint, "gl");
  const platform = textOf(nav, "platform");
  return {
    "canary.fp.webdriver": flagOf(nav, "webdriver"),
    "canary.fp.automation": automationOf(agent, renderer),
    "canary.fp.webrtc_leak": webrtcLeak(listOf(fingerprint, "rtc"), src),
    "canary.fp.zone_mismatch": zoneMismatch(fingerprint, nav),
    "canary.fp.agent_mismatch": header !== undefined && agent !== undefined ? header !== agent : undefined,
    "canary.fp.platform_mismatch": platformMismatch(agent, platform, renderer),
  };
}

/** Drawing by the processor alone: what a browser without a screen does (SwiftShader: Chromium; llvmpipe: Mesa). */
const SOFTWARE: readonly (readonly [name: string, renderer: RegExp])[] = [
  ["swiftshader", /\bswiftshader\b/i],
  ["llvmpipe", /\bllvmpipe\b/i],
];

function automationOf(agent: string | undefined, renderer: string | undefined): string | undefined {
  const named = automationOfAgent(agent);
  if (named !== undefined) return named;
  const text = renderer?.slice(0, 512);
  return text === undefined ? undefined : SOFTWARE.find(([, pattern]) => pattern.test(text))?.[0];
}

/** Addresses any network may have inside: that a browser has one says nothing. */
const LOCAL = new Set([
  "private",
  "loopback",
  "linkLocal",
  "uniqueLocal",
  "unspecified",
  "carrierGradeNat",
  "multicast",
]);

function isLocal(address: string): boolean {
  return LOCAL.has(ipaddr.process(address).range());
}

function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

/** A public address of the browser that is not the one it came from, both of one family: its proxy or VPN leaks. */
function webrtcLeak(rtc: readonly unknown[], src: string | undefined): boolean | undefined {
  const from = src === undefined ? undefined : canonicalAddress(src);
  const candidates = rtc.flatMap((one) => {
    const text = isObject(one) ? textOf(one, "ip", "address") : one;
    const address = typeof text === "string" ? canonicalAddress(text) : undefined;
    return address !== undefined && !isLocal(address) ? [address] : [];
  });
  if (from === undefined || candidates.length === 0) return undefined;
  return candidates.some((address) => familyOf(address) === familyOf(from) && address !== from);
}

/** Names of the IANA database have these letters only; an unknown one makes the formatter throw. */
const ZONE = /^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/;
const REMEMBERED_MAX = 512;
const offsets = new Map<string, readonly [winter: number, summer: number] | undefined>();

/** Minutes ahead of UTC in January and in July, by the name of a zone. */
function offsetsOf(zone: string): readonly [winter: number, summer: number] | undefined {
  if (!ZONE.test(zone)) return undefined;
  if (offsets.has(zone)) return offsets.get(zone);
  const both = ["2026-01-15T00:00:00Z", "2026-07-15T00:00:00Z"].map((at) => offsetAt(zone, new Date(at)));
  const [winter, summer] = both;
  const known = winter === undefined || summer === undefined ? undefined : ([winter, summer] as const);
  if (offsets.size >= REMEMBERED_MAX) offsets.clear();
  offsets.set(zone, known);
  return known;
}

function offsetAt(timeZone: string, at: Date): number | undefined {
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
    const name = format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const found = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name);
    if (found === null) return undefined;
    const [, sign, hours = "0", minutes = "0"] = found;
    return (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
  } catch {
    // No such zone.
    return undefined;
  }
}

/** Languages that are spoken where nobody lives who speaks them first: they say nothing of a place. */
const EVERYWHERE = new Set(["en-US", "en-GB"]);
const regions = new Map<string, ReadonlySet<string>>();

/** Time zones of a country (ECMA-402, `Intl.Locale.prototype.getTimeZones`). */
function zonesOf(region: string): ReadonlySet<string> {
  const known = regions.get(region);
  if (known !== undefined) return known;
  const locale = new Intl.Locale(`und-${region}`) as Intl.Locale & { getTimeZones?: () => string[] | undefined };
  const zones = new Set(locale.getTimeZones?.() ?? []);
  regions.set(region, zones);
  return zones;
}

/** Countries of the languages, as far as they name one. */
function regionsOf(nav: Json): readonly string[] {
  const listed = listOf(nav, "languages").filter((one): one is string => typeof one === "string");
  const languages = listed.length > 0 ? listed.slice(0, 8) : listOf(nav, "language");
  return languages.flatMap((language) => {
    const found =
      typeof language === "string" && !EVERYWHERE.has(language) ? /^[a-z]{2,3}-([A-Z]{2})$/.exec(language) : null;
    return found?.[1] === undefined ? [] : [found[1]];
  });
}

/** The clock is not that of the zone named, or no language is one of the zone's country. */
function zoneMismatch(fingerprint: Json, nav: Json): boolean | undefined {
  const tz = objectOf(fingerprint, "tz") ?? {};
  const zone = textOf(tz, "name", "timeZone", "zone") ?? textOf(fingerprint, "tz");
  const known = zone === undefined ? undefined : offsetsOf(zone);
  if (zone === undefined || known === undefined) return undefined;
  // `Date.prototype.getTimezoneOffset` counts minutes behind UTC.
  const behind = numberOf(tz, "offset");
  const wrongClock = behind !== undefined && !known.includes(-behind);
  const countries = regionsOf(nav)
    .map(zonesOf)
    .filter((zones) => zones.size > 0);
  const wrongCountry = countries.length > 0 && !countries.some((zones) => zones.has(zone));
  return wrongClock || wrongCountry;
}

type System = "windows" | "mac" | "linux" | "android" | "ios";

function systemOfAgent(agent: string): System | undefined {
  if (/\b(?:iphone|ipad)\b/i.test(agent)) return "ios";
  if (/\bandroid\b/i.test(agent)) return "android";
  if (/\bwindows nt\b/i.test(agent)) return "windows";
  if (/\bmacintosh\b/i.test(agent)) return "mac";
  return /\blinux\b/i.test(agent) ? "linux" : undefined;
}

/** Values of `navigator.platform`; iPads call themselves MacIntel, Android calls itself Linux. */
function fitsPlatform(system: System, platform: string): boolean {
  const fits: Readonly<Record<System, RegExp>> = {
    windows: /^win/i,
    mac: /^mac/i,
    linux: /^(?:linux|x11|freebsd|openbsd)/i,
    android: /^(?:linux|android)/i,
    ios: /^(?:iphone|ipad|ipod|mac)/i,
  };
  return fits[system].test(platform);
}

/** Direct3D is drawn with on Windows only, Metal and Apple's chips are Apple's only, Mesa is never on either. */
function fitsRenderer(system: System, renderer: string): boolean {
  if (/\bdirect3d|\bd3d\d/i.test(renderer)) return system === "windows";
  if (/\bmetal\b|\bapple (?:m\d|gpu)/i.test(renderer)) return system === "mac" || system === "ios";
  return /\bmesa\b|\bllvmpipe\b/i.test(renderer) ? system === "linux" || system === "android" : true;
}

function platformMismatch(
  agent: string | undefined,
  platform: string | undefined,
  renderer: string | undefined,
): boolean | undefined {
  const system = agent === undefined ? undefined : systemOfAgent(agent.slice(0, 512));
  if (system === undefined || (platform === undefined && renderer === undefined)) return undefined;
  const platformFits = platform === undefined || fitsPlatform(system, platform.slice(0, 64));
  const rendererFits = renderer === undefined || fitsRenderer(system, renderer.slice(0, 512));
  return !(platformFits && rendererFits);
}
