import { canonicalAddress } from "../../address.ts";

/**
 * How a part of a line is read. `address` may have a port behind it (`192.0.2.1:22`, `[2001:db8::1]:22`); `digits` and
 * `word` are one run; `text` goes to the next fixed part; `free` goes to the LAST such part, since people who log in choose
 * it and may write the fixed part themselves to blame a bystander.
 */
const CAPTURES = {
  ip: "address",
  toIp: "address",
  port: "digits",
  toPort: "digits",
  status: "digits",
  count: "digits",
  bytes: "digits",
  n: "digits",
  method: "word",
  host: "word",
  transport: "word",
  db: "word",
  session: "word",
  program: "word",
  w: "word",
  account: "word",
  share: "word",
  /** A path a server names last. */
  file: "text",
  user: "free",
  password: "free",
  /** The account where what comes behind it is the attacker's choice too, so that the first fixed text is the true one. */
  login: "text",
  url: "text",
  /** An address of a page without its first slash. */
  path: "text",
  score: "text",
  version: "text",
  agent: "text",
  referrer: "text",
  reason: "text",
  command: "text",
  helo: "text",
  /** Of a search in a directory; what is looked for is the asker's own text. */
  base: "text",
  filter: "free",
  "*": "text",
  "**": "free",
} as const satisfies Record<string, "address" | "digits" | "word" | "text" | "free">;
export type CaptureName = keyof typeof CAPTURES;
export type Captured = Readonly<Partial<Record<CaptureName, string>>>;

/** Refused by the compiler where a template names a part nobody knows. */
export type Template<Text extends string> = Text extends `${string}«${infer Name}»${infer Rest}`
  ? Name extends CaptureName
    ? Rest extends `«${string}`
      ? "two parts need fixed text between them"
      : Template<Rest> extends string
        ? Template<Rest>
        : unknown
    : `unknown part ${Name}`
  : unknown;

type Step = Readonly<{ name: CaptureName; until: string }>;
/** A template taken apart: fixed text the line begins with, then parts, each with the fixed text behind it. */
export type CompiledTemplate = Readonly<{ head: string; steps: readonly Step[] }>;

/** Longest part, characters; what is longer is no line of the service. */
const PART_MAX = 4_096;
/** Parts nobody keeps. */
const SKIPPED: ReadonlySet<string> = new Set(["*", "**", "n", "w"]);

/** @throws {TypeError} for a template that begins with skipped text (it would be searched in every line) or that is unclear */
export function compileTemplate(text: string): CompiledTemplate {
  const [head = "", ...rest] = text.split("«");
  const steps = rest.map((piece): Step => {
    const end = piece.indexOf("»");
    const name = piece.slice(0, end);
    if (end < 0 || !isCapture(name)) throw new TypeError(`unknown part in ${text}`);
    return { name, until: piece.slice(end + 1) };
  });
  if (steps.slice(0, -1).some(({ until }) => until === ""))
    throw new TypeError(`two parts without text between: ${text}`);
  const [first] = steps;
  if (head === "" && (first === undefined || ["text", "free"].includes(CAPTURES[first.name]))) {
    throw new TypeError(`nothing fixed at the beginning: ${text}`);
  }
  return { head, steps };
}

export function isCapture(name: string): name is CaptureName {
  return Object.hasOwn(CAPTURES, name);
}

/**
 * Reads a line by a template, without ever going back: time grows with the length of the line times the number of parts,
 * whatever an attacker writes.
 */
export function readTemplate({ head, steps }: CompiledTemplate, line: string): Captured | undefined {
  if (!line.startsWith(head)) return undefined;
  const captured: Partial<Record<CaptureName, string>> = {};
  let at = head.length;
  for (const { name, until } of steps) {
    const part = READERS[CAPTURES[name]](line, at, until);
    if (part === undefined || part.text.length > PART_MAX) return undefined;
    at = part.end + until.length;
    if (SKIPPED.has(name)) continue;
    if (name === "ip" || name === "toIp") Object.assign(captured, endpointParts(name, part.text));
    else captured[name] = part.text;
  }
  return captured;
}

type Part = Readonly<{ text: string; end: number }>;
type Reader = (line: string, at: number, until: string) => Part | undefined;

function run(pattern: RegExp): Reader {
  return (line, at, until) => {
    pattern.lastIndex = at;
    const text = pattern.exec(line)?.[0] ?? "";
    const end = at + text.length;
    return text !== "" && line.startsWith(until, end) ? { text, end } : undefined;
  };
}

function between(find: (line: string, until: string, at: number) => number): Reader {
  return (line, at, until) => {
    const end = until === "" ? line.length : find(line, until, at);
    return end < at ? undefined : { text: line.slice(at, end), end };
  };
}

const first = between((line, until, at) => line.indexOf(until, at));

const READERS: Readonly<Record<(typeof CAPTURES)[CaptureName], Reader>> = {
  digits: run(/\d{1,19}/y),
  word: (line, at, until) => {
    const part = first(line, at, until);
    return part === undefined || /\s/.test(part.text) ? undefined : part;
  },
  text: first,
  free: between((line, until) => line.lastIndexOf(until)),
  address: readAddress,
};

/** VNC servers write two colons before a port (`192.0.2.1::5900`), since one stands before the number of a display. */
const ADDRESS = /\[?[0-9A-Fa-f:.]{2,56}\]?(?:::?\d{1,5})?/y;

/** The longest address with or without a port behind which the fixed text follows. */
function readAddress(line: string, at: number, until: string): Part | undefined {
  ADDRESS.lastIndex = at;
  let text = ADDRESS.exec(line)?.[0] ?? "";
  // A colon or dot behind the address belongs to the sentence, and so may a bracket.
  for (let cut = 0; cut < 3 && text !== ""; cut += 1) {
    const end = at + text.length;
    if (endpoint(text) !== undefined && line.startsWith(until, end)) return { text, end };
    text = text.slice(0, -1);
  }
  return undefined;
}

function endpoint(text: string): Readonly<{ ip: string; port?: string }> | undefined {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (canonicalAddress(bare) !== undefined) return { ip: bare };
  const [, inBrackets, plain, port] =
    /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9A-Fa-f:.]{2,45}?)):{1,2}(\d{1,5})$/.exec(text) ?? [];
  const ip = inBrackets ?? plain;
  return ip !== undefined && port !== undefined && canonicalAddress(ip) !== undefined ? { ip, port } : undefined;
}

function endpointParts(name: "ip" | "toIp", text: string): Captured {
  const { ip, port } = endpoint(text) ?? { ip: text };
  return port === undefined ? { [name]: ip } : { [name]: ip, [name === "ip" ? "port" : "toPort"]: port };
}
