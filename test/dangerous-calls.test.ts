import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { describe, expect, test } from "vitest";
import { files, root } from "./house.ts";

type Danger = Readonly<{ what: string; pattern: RegExp; sample: string; known: readonly string[] }>;

/** `known`: the files where it is meant, each with its reason beside the line. */
const DANGERS: readonly Danger[] = [
  {
    what: "starts another program",
    pattern: /node:child_process/,
    sample: 'import { exec } from "node:child_process";',
    // Our own Node with a file of ours, to build a cluster: no shell, no word from outside.
    known: ["packages/server/src/platform/database/build-cluster.ts"],
  },
  {
    what: "runs text as code",
    pattern: /\beval\(|new Function\(|node:vm["']|import\(\s*[^"'\s)]/,
    sample: 'eval("1")',
    // Numbers and operators of a compiled rule only; and an engine that is loaded by its constant name.
    known: ["packages/sigma/src/match/rule-program.ts"],
  },
  {
    what: "puts text into a page as HTML",
    pattern: /dangerouslySetInnerHTML|\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write/,
    sample: "node.innerHTML = text",
    known: [],
  },
  {
    what: "takes messages from other windows",
    pattern: /(?:window|globalThis)\.(?:postMessage|onmessage)|addEventListener\(\s*["']message["'],[^)]*origin/,
    sample: 'window.postMessage("x", "*")',
    known: [],
  },
  {
    what: "reads XML, YAML types or objects that bring code along",
    pattern: /DOMParser|xml2js|fast-xml-parser|node:v8["']|node-serialize/,
    sample: "new DOMParser()",
    known: [],
  },
  {
    what: "trusts any certificate",
    pattern: /rejectUnauthorized\s*:\s*false|NODE_TLS_REJECT_UNAUTHORIZED|checkServerIdentity/,
    sample: "{ rejectUnauthorized: false }",
    // Refuses to start with it.
    known: ["packages/server/src/platform/config/transport.ts"],
  },
  {
    what: "keeps people from pasting a password",
    pattern: /onPaste|onCopy=|onDrop=\{[^}]*preventDefault/,
    sample: "<input onPaste={stop} />",
    known: [],
  },
];

/** Text that is put together becomes a part of a statement; values must be parameters. */
const RAW_SQL = /sql\.raw\(([\s\S]{0,200}?)\)/g;

describe("a call that would be dangerous with text from outside", () => {
  test.each(DANGERS)("stands only where it is meant: what $what", ({ pattern, sample, known }) => {
    expect(files.length).toBeGreaterThan(300);
    expect(pattern.test(sample)).toBe(true);
    const found = files.filter((file) => pattern.test(readFileSync(file, "utf8"))).map((file) => relative(root, file));
    expect(found.toSorted()).toEqual([...known]);
  });

  test("is none of SQL: what is put together names columns of ours, in one file; values are parameters everywhere", () => {
    const raw = files.filter((file) => [...readFileSync(file, "utf8").matchAll(RAW_SQL)].length > 0);
    expect(raw.map((file) => relative(root, file))).toEqual(["packages/server/src/pipeline/collect/intake-store.ts"]);
  });

  test("passwords are typed into fields that hide them and that password managers know", () => {
    const fields = files.filter((file) => file.endsWith(".tsx") && /name="password"/.test(readFileSync(file, "utf8")));
    const place = "packages/web/src/kit/credentials.tsx";
    const text = readFileSync(new URL(`../${place}`, import.meta.url), "utf8");
    expect(text).toMatch(/type="password"/);
    expect(text).toMatch(/autoComplete=\{isNew \? "new-password" : "current-password"\}/);
    expect(fields.map((file) => relative(root, file)).filter((file) => file !== place)).toEqual([]);
  });
});
