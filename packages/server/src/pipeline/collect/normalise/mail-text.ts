import { domainToASCII } from "node:url";
import type { MailText } from "./mail-message.ts";

/** What the text of a message shows, as flags, counts and host names: the text itself goes nowhere. */
export type TextFeatures = Readonly<{
  urlHosts: readonly string[];
  urlCount: number;
  /** Decoded size of the longest run of base64 that stands in the text itself, bytes. */
  base64Bytes: number;
  smuggles: boolean;
  asksForPassword: boolean;
  /** A picture nobody can see that is fetched from outside. */
  tracks: boolean;
  topics: readonly MailTopic[];
  simhash: string | undefined;
}>;
export type MailTopic = keyof typeof TOPICS;

const TEXT_CHARS_MAX = 65_536;
const HOSTS_MAX = 64;
const URL_CHARS_MAX = 2_048;

/**
 * What attackers write about. Whole phrases in lower case, our own choice after what CERTs and the FBI's IC3 reports
 * describe of fraud by mail; a phrase is a hint, never proof, so rules ask for several signs together.
 */
const TOPICS = {
  payment: [
    "invoice",
    "payment",
    "wire transfer",
    "bank transfer",
    "remittance",
    "overdue",
    "bank details",
    "bank account",
    "account number",
    "iban",
    "direct deposit",
    "payroll",
  ],
  urgency: [
    "urgent",
    "immediately",
    "as soon as possible",
    "asap",
    "final notice",
    "action required",
    "within 24 hours",
  ],
  secrecy: ["confidential", "keep this between us", "do not tell", "don't tell", "discreet"],
  gift_card: ["gift card", "giftcard", "scratch the back", "itunes card", "steam card"],
  account: [
    "verify your account",
    "confirm your identity",
    "password expires",
    "password will expire",
    "unusual sign-in",
    "account has been suspended",
    "account suspended",
    "mailbox is full",
    "mailbox quota",
    "confirm your password",
    "reset your password",
  ],
  request: [
    "are you available",
    "are you at your desk",
    "need you to",
    "kindly process",
    "please process",
    "change the bank",
    "new bank account",
    "updated bank",
    "purchase",
    "send me",
  ],
  extortion: [
    "recorded you",
    "your webcam",
    "your camera",
    "your contacts will",
    "i have access to your device",
    "adult site",
  ],
  cryptocurrency: ["bitcoin", "btc wallet", "btc address", "monero", "usdt", "ethereum"],
} as const satisfies Record<string, readonly string[]>;
const TOPIC_NAMES = Object.keys(TOPICS) as readonly MailTopic[];

export function topicsIn(text: string): readonly MailTopic[] {
  const folded = text.slice(0, TEXT_CHARS_MAX).toLowerCase().replace(/\s+/g, " ");
  return TOPIC_NAMES.filter((topic) => TOPICS[topic].some((phrase) => folded.includes(phrase)));
}

/** A domain name in ASCII and lower case, or undefined when the text is none. */
export function domainName(text: string): string | undefined {
  const bare = text.trim().replace(/\.$/, "");
  if (bare === "" || bare.length > 253) return undefined;
  const ascii = domainToASCII(bare).toLowerCase();
  return /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,40}$/.test(ascii) ? ascii : undefined;
}

function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  return hostname.startsWith("[") ? hostname.slice(1, -1) : domainName(hostname);
}

/** Hosts of the URLs, each once, in their order. */
export function urlHosts(urls: readonly string[]): readonly string[] {
  const hosts = new Set<string>();
  for (const url of urls) {
    if (hosts.size >= HOSTS_MAX) break;
    const host = hostOf(url.slice(0, URL_CHARS_MAX));
    if (host !== undefined) hosts.add(host);
  }
  return [...hosts];
}

export function isPunycode(host: string): boolean {
  return host.split(".").some((label) => label.startsWith("xn--"));
}

function urlsIn(text: string): readonly string[] {
  const found = text.matchAll(/https?:\/\/[^\s"'<>\\^`{|}]{1,2048}/gi);
  const urls: string[] = [];
  for (const [url] of found) {
    urls.push(url);
    if (urls.length >= 4 * HOSTS_MAX) break;
  }
  return urls;
}

/** A line of base64 as mailers and scripts write it; shorter ones may be words. */
const LINE = /[A-Za-z0-9+/]{40,}={0,2}/g;

/** Lines that are base64 from end to end belong together. */
function longestBase64(text: string): number {
  let longest = 0;
  let running = 0;
  for (const line of text.split("\n")) {
    const bare = line.trim();
    const runs = bare.match(LINE) ?? [];
    const whole = runs.length === 1 && runs[0] === bare;
    running = whole ? running + bare.length : 0;
    longest = Math.max(longest, running, ...runs.map((run) => run.length));
  }
  return Math.floor((longest * 3) / 4);
}

/** A script that makes a file out of text and hands it to the reader (ATT&CK T1027.006). */
function smugglesFile(html: string): boolean {
  const folded = html.toLowerCase();
  const decodes = ["atob(", "uint8array", "new blob", "frombase64"].some((word) => folded.includes(word));
  const hands = ["createobjecturl", "mssaveoropenblob", ".download", "download="].some((word) => folded.includes(word));
  return folded.includes("<script") && decodes && hands;
}

function hasPasswordForm(html: string): boolean {
  const folded = html.toLowerCase();
  return folded.includes("<form") && /type=["']?password/.test(folded);
}

const PICTURES_MAX = 256;
const TINY = [/\bwidth=["']?[01](?:px)?\b/i, /\bheight=["']?[01](?:px)?\b/i] as const;
const TINY_STYLE = [/\bwidth: ?[01]px/i, /\bheight: ?[01]px/i] as const;

/** At most one pixel wide and high, whichever way it says so, and fetched over the web. */
function hasTrackingPicture(html: string): boolean {
  let seen = 0;
  for (const [picture] of html.matchAll(/<img\b[^<>]{0,2048}>/gi)) {
    seen += 1;
    if (seen > PICTURES_MAX) return false;
    const tiny = [TINY, TINY_STYLE].some((pair) => pair.every((side) => side.test(picture)));
    if (tiny && /\bsrc=["']?https?:\/\//i.test(picture)) return true;
  }
  return false;
}

function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93);
  return hash >>> 0;
}

const WORDS_MAX = 1_024;
const SHINGLE_WORDS = 3;
/** Too little text is like any other. */
const SHINGLES_MIN = 4;

/**
 * Charikar's similarity hash over groups of three words, 64 bits as 16 hexadecimal digits; names, numbers and addresses
 * are blinded first, so that the same letter to many people has one hash. Undefined for very short texts.
 */
export function simhash(text: string): string | undefined {
  const words = (
    text
      .slice(0, TEXT_CHARS_MAX)
      .toLowerCase()
      .match(/\S{1,64}/g) ?? []
  ).slice(0, WORDS_MAX);
  const blinded = words.map((word) => (/[@\d]|:\/\//.test(word) ? "#" : word));
  const shingles = blinded.length - SHINGLE_WORDS + 1;
  if (shingles < SHINGLES_MIN) return undefined;
  const weights = new Int32Array(64);
  for (let at = 0; at < shingles; at += 1) weigh(weights, blinded.slice(at, at + SHINGLE_WORDS).join(" "));
  let hex = "";
  for (let nibble = 0; nibble < 16; nibble += 1) {
    const bits = [0, 1, 2, 3].map((bit) => ((weights[nibble * 4 + bit] ?? 0) > 0 ? "1" : "0")).join("");
    hex += Number.parseInt(bits, 2).toString(16);
  }
  return hex;
}

function weigh(weights: Int32Array, shingle: string): void {
  const halves = [fnv1a(shingle, 0x81_1c_9d_c5), fnv1a(shingle, 0x05_0c_5d_1f)];
  for (const [half, hash] of halves.entries()) {
    for (let bit = 0; bit < 32; bit += 1) {
      const place = half * 32 + bit;
      weights[place] = (weights[place] ?? 0) + ((hash >>> (31 - bit)) & 1 ? 1 : -1);
    }
  }
}

function withoutTags(html: string): string {
  return html.replace(/<[^<>]{0,2048}>/g, " ");
}

/** Features of all text parts together, at most 64 Ki characters of them. */
export function textFeatures(texts: readonly MailText[]): TextFeatures {
  const bounded = texts.map(({ html, text }) => ({ html, text: text.slice(0, TEXT_CHARS_MAX) }));
  const all = bounded
    .map(({ text }) => text)
    .join("\n")
    .slice(0, TEXT_CHARS_MAX);
  const shown = bounded.map(({ html, text }) => (html ? withoutTags(text) : text)).join("\n");
  const pages = bounded.filter(({ html }) => html).map(({ text }) => text);
  const urls = urlsIn(all);
  return {
    urlHosts: urlHosts(urls),
    urlCount: urls.length,
    base64Bytes: longestBase64(all),
    smuggles: pages.some(smugglesFile),
    asksForPassword: pages.some(hasPasswordForm),
    tracks: pages.some(hasTrackingPicture),
    topics: topicsIn(shown),
    simhash: simhash(shown),
  };
}
