import { describe, expect, test } from "vitest";
import { code, escaped, plain } from "./plain.ts";

describe("text of others in a message", () => {
  test.each(["203.0.113.7", "2001:db8::/32", "lockdown", "3f".repeat(32), "db-1.example.org"])(
    "is an address, a prefix or a name as it is: %s",
    (text) => {
      expect(plain(text)).toBe(text);
    },
  );

  test.each([
    ["mentions everybody", "<!channel> @here @all <@U012AB3CD>"],
    ["is a link with another text", "<https://evil.example|approve here> [approve](https://evil.example)"],
    ["is a bare link", "https://evil.example//x www.evil.example"],
    ["is an image", "![x](http://evil.example/pixel.png)"],
    ["is markup", "*bold* _it_ ~gone~ `code` ```block``` > quote\n# heading\n| a | b |"],
    ["breaks out of its line", "1.2.3.4\r\n\nApproved: everything\u2028\u0085x"],
    ["turns its neighbours round", "\u202Eevil\u2066\u200B\uFEFF"],
    ["looks like something else", "\u0430dmin \uFF20here &lt;!channel&gt;"],
    ["holds what no text may", "\0\x1b[2J\ud800"],
  ])("that %s is shown as plain characters of one line, as code", (_what, text) => {
    const shown = code(text);
    expect(shown).toMatch(/^`[A-Za-z0-9 .:/,_?-]*`$/);
    expect(plain(text)).not.toMatch(/\/\/|www\.|[@<>&*~[\]()|#\n`]/i);
  });

  test("is cut, and taken in time in proportion to what is kept of it", () => {
    expect(plain("9".repeat(10_000_000))).toBe(`${"9".repeat(80)}...`);
  });
});

test("the three characters chat systems read as theirs are escaped in what we write ourselves", () => {
  expect(escaped("a < b & <!channel>")).toBe("a &lt; b &amp; &lt;!channel&gt;");
});
