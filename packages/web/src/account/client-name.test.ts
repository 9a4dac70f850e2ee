import { expect, test } from "vitest";
import { clientName } from "./client-name.ts";

test("a browser is named by what it is, not by what it says it is like", () => {
  const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
  expect(clientName(`Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/142.0.0.0 Safari/537.36`)).toBe(
    "Chrome 142 on Linux",
  );
  expect(clientName(`Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`)).toBe(
    "Edge 142 on Windows",
  );
  expect(clientName("Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0")).toBe(
    "Firefox 144 on Android",
  );
  expect(
    clientName("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1"),
  ).toBe("Safari 19 on iOS");
});

test("the command line is told from a browser, and what is unknown stays unknown", () => {
  expect(clientName("tyr-cli")).toBe("tyr, command line");
  expect(clientName("curl/8.5.0")).toBeUndefined();
  expect(clientName("")).toBeUndefined();
});
