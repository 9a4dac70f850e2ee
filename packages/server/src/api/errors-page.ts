import { ERRORS } from "@tyr/contract";

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (one) => ENTITIES[one] ?? one);
/** `name` is set as code, as in the Markdown page. */
const marked = (text: string): string => escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>");

function section([code, [status, title, help]]: readonly [string, readonly [number, string, string]]): string {
  return `<h2 id="${code}"><a href="#${code}">${code}</a></h2>\n<p><strong>${marked(title)}</strong> (HTTP ${status})</p>\n<p>${marked(help)}</p>`;
}

/** The page every problem's `type` leads to: one section per code, with what to do. Plain HTML, no style and no script. */
export function errorsPage(): string {
  const sections = Object.entries(ERRORS).map(section);
  return [
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>Errors – Tyr</title>\n</head>\n<body>\n<main>',
    "<h1>Errors</h1>",
    "<p>Every code Tyr answers with or stops with, and what to do about it. Answers are problem details (RFC 9457): their",
    "<code>type</code> leads here, their <code>detail</code> says what exactly was wrong.</p>",
    ...sections,
    "</main>\n</body>\n</html>\n",
  ].join("\n");
}
