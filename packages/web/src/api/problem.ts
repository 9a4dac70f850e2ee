import { ApiProblem, ERRORS, Unreachable, type ErrorCode } from "@tyr/contract";
import { PasskeyStopped } from "./passkey.ts";

/** An error as a person can use it: what failed, what it means, what to do, and how to name it to somebody else. */
export type Explained = Readonly<{
  title: string;
  meaning: string;
  advice: string;
  code: string;
  requestId: string | undefined;
}>;

const known = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);

function fromProblem(error: ApiProblem): Explained {
  const { problem } = error;
  const listed = known(problem.code) ? ERRORS[problem.code] : undefined;
  const wait = error.retryAfterSeconds === undefined ? "" : ` Try again in ${error.retryAfterSeconds} s.`;
  const help = problem.help === "" || problem.help.startsWith("http") ? (listed?.[2] ?? "") : problem.help;
  return {
    title: problem.title,
    meaning: problem.detail,
    advice: `${help}${wait}`,
    code: problem.code,
    requestId: problem.requestId === "" ? undefined : problem.requestId,
  };
}

export function explain(error: unknown): Explained {
  if (error instanceof ApiProblem) return fromProblem(error);
  if (error instanceof Unreachable) {
    return {
      title: "The server did not answer",
      meaning: "Nothing came back within 30 seconds, or the connection was refused. Nothing you see here was changed.",
      advice: "Check that Tyr is running (“tyr status”), then try again.",
      code: error.code,
      requestId: undefined,
    };
  }
  if (error instanceof PasskeyStopped) {
    return {
      title: "No passkey was used",
      meaning: error.message,
      advice: "Nothing was changed. Try again, or go another way.",
      code: error.code,
      requestId: undefined,
    };
  }
  return {
    title: "This page broke",
    meaning: error instanceof Error ? error.message : "An error without a message.",
    advice: "Reload the page. If it happens again, report it with the text below.",
    code: "PAGE_ERROR",
    requestId: undefined,
  };
}

export function explainedText(explained: Explained): string {
  return [
    `${explained.title} (${explained.code})`,
    explained.meaning,
    explained.requestId === undefined ? undefined : `request ${explained.requestId}`,
    `page ${globalThis.location.pathname}`,
  ]
    .filter((line) => line !== undefined && line !== "")
    .join("\n");
}
