import { ERRORS } from "@tyr/contract";
import { ledgerAdvice } from "@tyr/ledger";
import { poolAdvice } from "@tyr/sigma";

export const ERRORS_PAGE = new URL("../docs/reference/errors.md", import.meta.url);

type Row = readonly [code: string, [status: number, title: string, help: string]];

/** A breakage with a code of its own is never sent: whoever asked gets INTERNAL, or nobody is served at all. */
const isAnswer = ([code, [status]]: Row) => status !== 500 || code === "INTERNAL";

/** The errors page as the tables have it: what `npm run docs` writes and the test compares. */
export function errorsPage(): string {
  const rows: readonly Row[] = Object.entries(ERRORS).map(([code, [...row]]) => [code, row]);
  const answers = rows
    .filter(isAnswer)
    .map(([code, [status, title, help]]) => `### ${code}\n\n${title} (HTTP ${status}).\n\n${help}\n`);
  const breakages = rows
    .filter((row) => !isAnswer(row))
    .map(([code, [, title, help]]) => `### ${code}\n\n${title}.\n\n${help}\n`);
  const advised = (advice: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries(advice).map(([code, text]) => `### ${code}\n\n${text}\n`);
  return [
    "# Errors\n",
    "Every code Tyr answers with or stops with, and what to do about it. This page is written from the tables in",
    "`packages/contract`, `packages/ledger` and `packages/sigma`; a test keeps them equal.\n",
    "## Answers of the API\n",
    "Sent as problem details (RFC 9457): `code`, `detail` (what exactly), `help` (as below), `requestId`, and the facts named below.\n",
    ...answers,
    "## What stops the server, or stands in its log\n",
    "Never an answer to a request. A start or a run that ends says the message on stderr and names its section here; the exit code is 78",
    "for `CONFIG_INVALID` and `POLICY_BUNDLE_INVALID`, which a change of settings cures, else 1.\n",
    ...breakages,
    "## Audit log and its verifier\n",
    "Given by `tyr audit verify` and by `@tyr/ledger`, each with a message saying what was found and where. Here stands what to do.\n",
    ...advised(ledgerAdvice),
    "## Detection on several threads\n",
    "Given by the pools of `@tyr/sigma` and by `tyr rule bench --workers`, each with the lines it is about.\n",
    ...advised(poolAdvice),
  ].join("\n");
}
