import type { LiveData } from "@tyr/contract";

type Progress = LiveData["import.progress"];
/** What a terminal is to us: standard output, or a test's stand-in for it. */
export type Out = Readonly<{ isTTY?: boolean; write(text: string): unknown }>;

/** Lines for whoever started Tyr; a replay's progress never stands in their way. */
export type Terminal = Readonly<{ say(text: string): void; progress(state: Progress): void; end(): void }>;

/** Carriage return, then erase the whole line (ECMA-48 EL). */
const AGAIN = "\r\u001b[2K";

function sentence({ name, done, total, state }: Progress): string {
  const count = (lines: number): string => lines.toLocaleString("en");
  if (state === "failed") return `Sample ${name}: the replay failed; the log says why`;
  if (state === "done") return `Sample ${name}: ${count(total)} lines replayed`;
  return `Sample ${name}: ${count(done)} of ${count(total)} lines (${Math.floor((100 * done) / Math.max(1, total))}%)`;
}

/** On a terminal progress is one line that is written over; in a file or a pipe it is one line for each log, at its end. */
export function createTerminal(out: Out): Terminal {
  const isTerminal = out.isTTY === true;
  let open = false;
  const say = (text: string): void => {
    out.write(`${open ? AGAIN : ""}${text}\n`);
    open = false;
  };
  return {
    say,
    progress(state) {
      if (state.state !== "running") say(sentence(state));
      else if (isTerminal) {
        out.write(`${open ? AGAIN : ""}${sentence(state)}`);
        open = true;
      }
    },
    end() {
      if (open) out.write("\n");
      open = false;
    },
  };
}
