import { expect, test } from "vitest";
import { createTerminal } from "./terminal.ts";

function written(isTTY: boolean): Readonly<{ text: () => string; terminal: ReturnType<typeof createTerminal> }> {
  let text = "";
  return { text: () => text, terminal: createTerminal({ isTTY, write: (more) => void (text += more) }) };
}
const at = (done: number, state: "running" | "done" | "failed" = "running") =>
  ({ name: "sample-ssh", done, total: 7121, state, detail: "auth.log.gz" }) as const;

/** What a person sees at the end: each carriage return begins its line anew. */
const seen = (text: string) => text.split("\n").map((line) => line.split("\r\u001b[2K").at(-1));

test("on a terminal progress is one line that is written over", () => {
  const { text, terminal } = written(true);
  terminal.say("Tyr is ready");
  for (const done of [0, 1000, 2000]) terminal.progress(at(done));
  expect(seen(text())).toEqual(["Tyr is ready", "Sample sample-ssh: 2,000 of 7,121 lines (28%)"]);
  terminal.progress(at(7121, "done"));
  expect(seen(text())).toEqual(["Tyr is ready", "Sample sample-ssh: 7,121 lines replayed", ""]);
});

test("a line said in between keeps a line of its own, and a stop ends the open one", () => {
  const { text, terminal } = written(true);
  terminal.progress(at(1000));
  terminal.say("First administrator, once: http://127.0.0.1/setup#token=t");
  terminal.progress(at(2000));
  terminal.end();
  expect(seen(text())).toEqual([
    "First administrator, once: http://127.0.0.1/setup#token=t",
    "Sample sample-ssh: 2,000 of 7,121 lines (28%)",
    "",
  ]);
});

test("in a file it is one line for each log, without control characters", () => {
  const { text, terminal } = written(false);
  for (const done of [0, 1000, 2000]) terminal.progress(at(done));
  terminal.progress(at(7121, "done"));
  terminal.progress(at(0, "failed"));
  terminal.end();
  expect(text()).toBe(
    "Sample sample-ssh: 7,121 lines replayed\nSample sample-ssh: the replay failed; the log says why\n",
  );
});
