import type { Event } from "@tyr/contract";

/** Part of a sentence: our own words, or a value somebody else chose. */
export type Phrase = Readonly<{ say: string }> | Readonly<{ value: string; strong?: boolean }>;

const say = (words: string): Phrase => ({ say: words });
const value = (text: string): Phrase => ({ value: text });

/** The first of the named facts that is text; sources name the same thing differently. */
function first(event: Event, names: readonly string[]): string | undefined {
  for (const name of names) {
    for (const facts of [event.ecs, event.fields]) {
      const found = facts[name];
      if (typeof found === "string" && found !== "") return found;
    }
  }
  return undefined;
}

const COMMAND = ["process.command_line", "CommandLine", "command", "input"] as const;
const PATH = ["url.original", "url.path", "cs-uri", "cs-uri-stem", "path", "request"] as const;
const METHOD = ["http.request.method", "cs-method", "method"] as const;
const STATUS = ["http.response.status_code", "sc-status", "status"] as const;
const URL = ["url.full", "url.original", "url"] as const;

const OUTCOMES: Readonly<Record<Event["outcome"], string>> = {
  success: "and succeeded",
  failure: "and failed",
  unknown: "",
};

function who(event: Event): Phrase {
  if (event.src !== null) return value(event.src.ip);
  return event.user === null ? say("Somebody unknown") : value(event.user);
}

function login(event: Event): readonly Phrase[] {
  const user = event.user === null ? say("a user name that was not recorded") : value(event.user);
  return [who(event), say("tried to sign in as"), user, say(OUTCOMES[event.outcome])];
}

function command(event: Event): readonly Phrase[] {
  const line = first(event, COMMAND);
  if (line === undefined) return other(event);
  return [who(event), say("ran"), { value: line, strong: true }];
}

function request(event: Event): readonly Phrase[] {
  const path = first(event, PATH);
  if (path === undefined) return other(event);
  const status = first(event, STATUS) ?? numberOf(event, STATUS);
  const asked = [who(event), say("requested"), value(first(event, METHOD) ?? ""), { value: path, strong: true }];
  return status === undefined ? asked : [...asked, say(`and got ${status}`)];
}

function numberOf(event: Event, names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = event.ecs[name] ?? event.fields[name];
    if (typeof found === "number") return String(found);
  }
  return undefined;
}

function payload(event: Event): readonly Phrase[] {
  const url = first(event, URL);
  return url === undefined ? other(event) : [who(event), say("fetched"), { value: url, strong: true }];
}

function other(event: Event): readonly Phrase[] {
  const done = [who(event), say("·"), value(event.action), say(OUTCOMES[event.outcome])];
  const message = first(event, ["message"]);
  return message === undefined ? done : [...done, say("·"), value(message)];
}

const BY_KIND: Partial<Record<Event["kind"], (event: Event) => readonly Phrase[]>> = {
  auth_attempt: login,
  credential: login,
  command,
  process: command,
  http_request: request,
  http_fingerprint: request,
  payload,
};

/** One event in one line: who did what, to whom, with which end. Empty parts are left out. */
export function sentenceOf(event: Event): readonly Phrase[] {
  const phrases = (BY_KIND[event.kind] ?? other)(event);
  return phrases.filter((phrase) => ("say" in phrase ? phrase.say : phrase.value) !== "");
}
