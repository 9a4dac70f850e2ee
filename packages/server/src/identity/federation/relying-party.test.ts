import { expect, test } from "vitest";
import { keysAddress } from "./relying-party.ts";

test("a provider's keys are asked for over https only, whatever address it publishes", () => {
  const issuer = "https://login.example.org";
  expect(keysAddress("https://keys.example.net/jwks", issuer).href).toBe("https://keys.example.net/jwks");
  for (const address of [
    "http://login.example.org/jwks",
    "http://127.0.0.1:8970/health/live",
    "http://169.254.169.254/latest/meta-data",
    "ftp://login.example.org/jwks",
    "data:application/json,{}",
    "not an address",
    undefined,
  ])
    expect(() => keysAddress(address, issuer)).toThrow(TypeError);
});

test("only a provider on this machine, reached by plain http, may publish its keys so", () => {
  const issuer = "http://127.0.0.1:9000";
  expect(keysAddress("http://127.0.0.1:9000/jwks", issuer).href).toBe("http://127.0.0.1:9000/jwks");
  expect(() => keysAddress("file:///etc/passwd", issuer)).toThrow(TypeError);
});
