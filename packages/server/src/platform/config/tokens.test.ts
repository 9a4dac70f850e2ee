import { expect, test } from "vitest";
import { parseTokens } from "./tokens.ts";

test("tokens are signed with ES256 and count ten minutes unless something else is configured", () => {
  expect(parseTokens({})).toEqual({ algorithm: "ES256", rsaBits: 3_072, lifeMinutes: 10 });
  const env = { TYR_TOKEN_ALGORITHM: "RS256", TYR_TOKEN_RSA_BITS: "4096", TYR_TOKEN_MINUTES: "5" };
  expect(parseTokens(env)).toEqual({ algorithm: "RS256", rsaBits: 4_096, lifeMinutes: 5 });
});

test.each([
  [{ TYR_TOKEN_ALGORITHM: "none" }, "TYR_TOKEN_ALGORITHM"],
  [{ TYR_TOKEN_ALGORITHM: "HS256" }, "TYR_TOKEN_ALGORITHM"],
  [{ TYR_TOKEN_ALGORITHM: "es256" }, "TYR_TOKEN_ALGORITHM"],
  [{ TYR_TOKEN_ALGORITHM: "RS256", TYR_TOKEN_RSA_BITS: "2048" }, "TYR_TOKEN_RSA_BITS"],
  [{ TYR_TOKEN_ALGORITHM: "RS256", TYR_TOKEN_RSA_BITS: "3071" }, "TYR_TOKEN_RSA_BITS"],
  [{ TYR_TOKEN_ALGORITHM: "RS256", TYR_TOKEN_RSA_BITS: "1e4" }, "TYR_TOKEN_RSA_BITS"],
  [{ TYR_TOKEN_RSA_BITS: "4096" }, "TYR_TOKEN_RSA_BITS"],
  [{ TYR_TOKEN_MINUTES: "4" }, "TYR_TOKEN_MINUTES"],
  [{ TYR_TOKEN_MINUTES: "11" }, "TYR_TOKEN_MINUTES"],
  [{ TYR_TOKEN_MINUTES: "5.5" }, "TYR_TOKEN_MINUTES"],
])("settings of tokens that would weaken them are refused by name: %j", (env, setting) => {
  expect(parseTokens(env)).toMatchObject({ setting, problem: expect.stringMatching(/./) as string });
});
