import { describe, expect, test } from "vitest";
import { compileTemplate, readTemplate } from "./template.ts";

const read = (template: string, line: string) => readTemplate(compileTemplate(template), line);

describe("a template of a line", () => {
  test("gives the parts it names, and skips the ones it does not keep", () => {
    expect(
      read('«w» login of "«user»" from «ip» refused', 'web1 login of "eve" from 203.0.113.7:4000 refused'),
    ).toEqual({
      user: "eve",
      ip: "203.0.113.7",
      port: "4000",
    });
  });

  test("takes an account up to the last fixed text, so that a name cannot put the blame on somebody else", () => {
    const name = "x' from 198.51.100.9 as 'y";
    expect(read("refused '«user»' from «ip»", `refused '${name}' from 203.0.113.7`)).toEqual({
      user: name,
      ip: "203.0.113.7",
    });
  });

  test.each([
    ["[2001:db8::1]:22", "2001:db8::1", "22"],
    ["2001:db8::1", "2001:db8::1", undefined],
    ["203.0.113.7.", "203.0.113.7", undefined],
    ["::ffff:203.0.113.7", "::ffff:203.0.113.7", undefined],
    ["[203.0.113.7]:25", "203.0.113.7", "25"],
  ])("reads the address of %s", (text, ip, port) => {
    expect(read("from «ip»", `from ${text}`)).toEqual(port === undefined ? { ip } : { ip, port });
  });

  test("is no match when an address is none, a word has a blank or a fixed text is missing", () => {
    expect(read("from «ip» ", "from nobody ")).toBeUndefined();
    expect(read("by «w»: «ip»", "by two words: 203.0.113.7")).toBeUndefined();
    expect(read("from «ip» refused", "from 203.0.113.7 accepted")).toBeUndefined();
  });

  test.each(["«*» anywhere", "a «nobody» b", "«user» first", "«ip»«port»"])(
    "%s is refused when it is loaded",
    (text) => {
      expect(() => compileTemplate(text)).toThrow(TypeError);
    },
  );
});
