import { expect, test } from "vitest";
import { readOauthForm } from "./oauth-form.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const basic = (text: string) => ({ ...FORM, authorization: `Basic ${Buffer.from(text).toString("base64")}` });
const read = (body: string, headers = {}) => readOauthForm(Buffer.from(body), { ...FORM, ...headers }, "grant_type");
const codeOf = (body: string, headers = {}): string => {
  const form = read(body, headers);
  return form.ok ? `${form.value.client.id} ${form.value.client.secret}` : form.refusal.code;
};

test("a client says who it is by Basic, form-encoded inside, or by two parameters", () => {
  expect(codeOf("grant_type=x", basic("key_1:s3cret"))).toBe("key_1 s3cret");
  expect(codeOf("grant_type=x", basic("key%5F1:a%2Bb+c%3A"))).toBe("key_1 a+b c:");
  expect(codeOf("grant_type=x&client_id=key_1&client_secret=s3cret")).toBe("key_1 s3cret");
  expect(codeOf("grant_type=x&client_id=key_1", basic("key_1:s3cret"))).toBe("key_1 s3cret");
});

test("parameters nobody knows are ignored, and those without a value count as left out", () => {
  const form = read("grant_type=x&scope=&audience=y&client_id=a&client_secret=b");
  expect(form.ok && [form.value.get("scope"), form.value.get("audience")]).toEqual([undefined, "y"]);
});

test.each([
  ["", {}, "VALIDATION_FAILED"],
  ["grant_type=", {}, "VALIDATION_FAILED"],
  ["grant_type=x&grant_type=x&client_id=a&client_secret=b", {}, "VALIDATION_FAILED"],
  ["grant_type=x&client_id=a&client_secret=b&client_id=c", {}, "VALIDATION_FAILED"],
  ["grant_type=x&client_secret=b", basic("a:b"), "VALIDATION_FAILED"],
  ["grant_type=x&client_id=c", basic("a:b"), "VALIDATION_FAILED"],
  ["grant_type=x", {}, "CLIENT_INVALID"],
  ["grant_type=x&client_id=a", {}, "CLIENT_INVALID"],
  ["grant_type=x", basic("nothing"), "CLIENT_INVALID"],
  ["grant_type=x", basic(":secret"), "CLIENT_INVALID"],
  ["grant_type=x", basic("a:"), "CLIENT_INVALID"],
  ["grant_type=x", basic("a:%zz"), "CLIENT_INVALID"],
  ["grant_type=x", { authorization: "Bearer abc" }, "CLIENT_INVALID"],
  [`grant_type=x&scope=${"a".repeat(20_000)}`, {}, "VALIDATION_FAILED"],
  ['{"grant_type":"client_credentials"}', { "content-type": "application/json" }, "MEDIA_TYPE_UNSUPPORTED"],
  ["grant_type=x", { "content-type": "application/x-www-form-urlencodedx" }, "MEDIA_TYPE_UNSUPPORTED"],
])("a request that is not one is refused: %j", (body, headers, code) => {
  expect(codeOf(body, headers)).toBe(code);
});
