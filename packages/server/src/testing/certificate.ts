import { generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

/** Distinguished Encoding Rules (ITU-T X.690), as far as a certificate of a test needs them. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const hex = (text: string): Buffer => Buffer.from(text, "hex");
/** ecdsa-with-SHA256, commonName, subjectAltName, basicConstraints. */
const OID = { ecdsa: hex("2a8648ce3d040302"), name: hex("550403"), names: hex("551d11"), basic: hex("551d13") };
const oid = (id: keyof typeof OID): Buffer => der(0x06, OID[id]);
const named = (name: string): Buffer => sequence(der(0x31, sequence(oid("name"), der(0x0c, Buffer.from(name)))));
const instant = (at: Date): Buffer => der(0x18, Buffer.from(at.toISOString().replace(/[-:T]|\.\d+/g, "")));
const extension = (id: keyof typeof OID, value: Uint8Array): Buffer => sequence(oid(id), der(0x04, value));

export type TestCertificate = Readonly<{ cert: string; key: string }>;
type Wanted = Readonly<{
  name?: string;
  from?: Date;
  until?: Date;
  keys?: { publicKey: KeyObject; privateKey: KeyObject };
}>;

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** A certificate for localhost and 127.0.0.1 that is its own issuer, with a key of its own (P-256). */
export function testCertificate(wanted: Wanted = {}): TestCertificate {
  const {
    name = "localhost",
    from = new Date(Date.now() - 3_600_000),
    until = new Date(Date.now() + 90 * 86_400_000),
  } = wanted;
  const { publicKey, privateKey } = wanted.keys ?? generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid("ecdsa"));
  const alternatives = sequence(der(0x82, Buffer.from(name)), der(0x87, Buffer.from([127, 0, 0, 1])));
  const extensions = sequence(
    extension("names", alternatives),
    extension("basic", sequence(der(0x01, Buffer.from([255])))),
  );
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    named(name),
    sequence(instant(from), instant(until)),
    named(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, extensions),
  );
  const signature = der(0x03, Buffer.from([0]), sign("sha256", body, privateKey));
  return {
    cert: pem("CERTIFICATE", sequence(body, algorithm, signature)),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}
