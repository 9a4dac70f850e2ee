import { expect, test } from "vitest";
import { parseNotify } from "./notify.ts";

const set = { TYR_NOTIFY_URL: "https://hooks.example/s3cret", TYR_NOTIFY_SECRET_FILE: "/run/secret" };

test("nobody is told outside of Tyr unless a place is set, and then every message is signed", () => {
  expect(parseNotify({})).toBeUndefined();
  expect(parseNotify({ TYR_NOTIFY_SECRET_FILE: "/run/secret", TYR_NOTIFY_ABOUT: "waiting" })).toBeUndefined();
  expect(parseNotify({ TYR_NOTIFY_URL: "https://hooks.example" })).toMatchObject({ setting: "TYR_NOTIFY_SECRET_FILE" });
  expect(parseNotify(set)).toEqual({
    place: { url: "https://hooks.example/s3cret" },
    setting: "TYR_NOTIFY_URL",
    secretFile: "/run/secret",
    about: ["waiting", "deadline", "break_glass", "decided", "failed"],
    reach: "public",
  });
});

test("the address may stand in a file instead, not in both", () => {
  const inFile = { TYR_NOTIFY_URL_FILE: "/run/url", TYR_NOTIFY_SECRET_FILE: "/run/secret" };
  expect(parseNotify(inFile)).toMatchObject({ place: { urlFile: "/run/url" }, setting: "TYR_NOTIFY_URL_FILE" });
  expect(parseNotify({ ...inFile, ...set })).toMatchObject({ setting: "TYR_NOTIFY_URL_FILE" });
});

test("kinds are named, and what is none is refused by its setting; so is a half-said permission", () => {
  expect(parseNotify({ ...set, TYR_NOTIFY_ABOUT: " done, waiting " })).toMatchObject({ about: ["waiting", "done"] });
  expect(parseNotify({ ...set, TYR_NOTIFY_ABOUT: "everything" })).toMatchObject({ setting: "TYR_NOTIFY_ABOUT" });
  expect(parseNotify({ ...set, TYR_NOTIFY_PRIVATE: "allow" })).toMatchObject({ reach: "private" });
  expect(parseNotify({ ...set, TYR_NOTIFY_PRIVATE: "1" })).toMatchObject({ setting: "TYR_NOTIFY_PRIVATE" });
});
