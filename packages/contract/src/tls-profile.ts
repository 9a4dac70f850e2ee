/**
 * What every server of Tyr speaks: TLS 1.2 with forward secrecy and authenticated encryption only, TLS 1.3 first, in
 * our order (RFC 9325 sections 3.1.1 and 4.2). As options of Node's `tls`; a peer that does not shake hands is let go
 * after `handshakeTimeout` milliseconds.
 */
export const TLS_PROFILE: Readonly<{
  minVersion: "TLSv1.2";
  ciphers: string;
  honorCipherOrder: true;
  handshakeTimeout: number;
}> = {
  minVersion: "TLSv1.2",
  ciphers: [
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
  ].join(":"),
  honorCipherOrder: true,
  handshakeTimeout: 15_000,
};
