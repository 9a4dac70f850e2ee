import { stat } from "node:fs/promises";
import { usage } from "../failure.ts";
import { openInput } from "../import/open-input.ts";
import { visible } from "../output/visible-text.ts";
import type { World } from "../world.ts";
import { linesOf } from "./line-splitter.ts";

/** One event is never longer. */
export const EVENT_BYTES_MAX = 1024 * 1024;

/**
 * The text of one event: what was given itself (`{…}` or a log line), or from a file (gzip too, `-` is stdin) that holds
 * one JSON object or one event a line.
 *
 * @param line number of the line in the file, from 1; left out: the whole file if it is one object, else its first line
 */
export async function readEventText(given: string, line: number | undefined, world: World): Promise<string> {
  if (await isInline(given)) return inline(given, line);
  const { chunks } = await openInput(given, world);
  if (line !== undefined) return await lineOf(chunks, line, given);
  const head = Buffer.concat(await beginning(chunks)).toString("utf8");
  if (isJsonObject(head)) return head;
  if (head.trimStart().startsWith("["))
    throw usage(`${visible(given)} holds a list`, "Write one event a line: jq -c '.[]' FILE");
  const first = head.split("\n").find((text) => text.trim() !== "");
  if (first === undefined) throw usage(`${visible(given)} is empty`);
  if (first.length >= EVENT_BYTES_MAX) throw tooLong(given, 1);
  return first.replace(/\r$/, "");
}

/** Whether the text is an event itself, and names no file. */
export async function isInline(given: string): Promise<boolean> {
  return given !== "-" && (given.trimStart().startsWith("{") || !(await isFile(given)));
}

async function isFile(given: string): Promise<boolean> {
  try {
    return !(await stat(given)).isDirectory();
  } catch {
    // A log line is no path at all: it may be too long for one, or hold what paths must not.
    return false;
  }
}

function inline(given: string, line: number | undefined): string {
  if (line !== undefined) throw usage("--line is about a file, and there is none of that name");
  if (given.trim() === "") throw usage("the event is empty");
  return given;
}

async function beginning(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes > EVENT_BYTES_MAX) break;
  }
  return parts;
}

async function lineOf(chunks: AsyncIterable<Uint8Array>, number: number, name: string): Promise<string> {
  for await (const lines of linesOf(chunks, EVENT_BYTES_MAX)) {
    const found = lines.find((line) => line.number === number);
    if (found === undefined) continue;
    if (found.bytes === undefined) throw tooLong(name, number);
    return Buffer.from(found.bytes).toString("utf8");
  }
  throw usage(`${visible(name)} has nothing in line ${number}`);
}

function tooLong(name: string, number: number): Error {
  return usage(`line ${number} of ${visible(name)} is longer than ${EVENT_BYTES_MAX} bytes`);
}

export function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
