import type { PolicyFile, PolicyTest } from "@tyr/contract";

export type Problem = PolicyTest["problems"][number];
/** Where in the draft a problem is: its file and line, counted from 1. */
export type Place = Readonly<{ path: string; line: number }>;

function lineWith(text: string, isIt: (line: string) => boolean): number | undefined {
  const index = text.split("\n").findIndex(isIt);
  return index < 0 ? undefined : index + 1;
}

/** `tests/x.yml, "what it says"`: the line that names the example. */
function exampleIn(files: readonly PolicyFile[], where: string): Place | undefined {
  const at = where.indexOf(', "');
  const file = at < 0 ? undefined : files.find(({ path }) => path === where.slice(0, at));
  if (file === undefined) return undefined;
  const name = where.slice(at + 3, -1);
  const line = lineWith(file.text, (one) => one.includes("name:") && one.includes(name));
  return { path: file.path, line: line ?? 1 };
}

/** The line that gives a policy its name. */
function policyIn(files: readonly PolicyFile[], id: string): Place | undefined {
  for (const { path, text } of files) {
    const line = lineWith(text, (one) => one.includes(`@id("${id}")`));
    if (line !== undefined) return { path, line };
  }
  return undefined;
}

/** From what a problem says of itself; undefined: it is about the whole. */
export function placeOf({ where, message }: Problem, files: readonly PolicyFile[]): Place | undefined {
  const file = files.find(({ path }) => path === where);
  if (file === undefined) return exampleIn(files, where) ?? policyIn(files, where);
  const said = /\bline (\d{1,6})\b/.exec(message)?.[1];
  return { path: file.path, line: said === undefined ? 1 : Number(said) };
}
