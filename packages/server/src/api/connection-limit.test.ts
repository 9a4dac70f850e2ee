import { EventEmitter } from "node:events";
import type { Server } from "node:http";
import { expect, test } from "vitest";
import { limitConnections, type ConnectionLimits } from "./connection-limit.ts";

function connected(limits: Partial<ConnectionLimits>, ...peers: readonly string[]): readonly boolean[] {
  const server = new EventEmitter();
  limitConnections(server as Server, { trustProxy: ["192.0.2.7", "2001:db8::7"], perPeerMax: 8, ...limits });
  return peers.map((remoteAddress) => {
    let isHeld = true;
    const destroy = (): void => void (isHeld = false);
    server.emit("connection", Object.assign(new EventEmitter(), { remoteAddress, destroy }));
    return isHeld;
  });
}

const PEERS = ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7", "127.0.0.1", "::ffff:127.0.0.1", "::1"] as const;
const STRANGERS = ["192.0.2.8", "2001:db8::8", "::ffff:192.0.2.8", ""] as const;

test("behind proxies that have the certificate nobody else may connect from another machine", () => {
  expect(connected({ proxiesOnly: true }, ...PEERS)).toEqual(PEERS.map(() => true));
  expect(connected({ proxiesOnly: true }, ...STRANGERS)).toEqual(STRANGERS.map(() => false));
  expect(connected({}, ...STRANGERS)).toEqual(STRANGERS.map(() => true));
});
