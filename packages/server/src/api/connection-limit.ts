import type { Server } from "node:http";
import type { Socket } from "node:net";
import { staysHere } from "#platform/config";
import { holderOf, isTrustedProxy, plainAddress, type TrustedProxies } from "./client-address.ts";

/** Far more than browsers and sensors of one address open, far fewer than the files a process may hold open. */
export const CONNECTIONS_PER_PEER_MAX = 512;
const CONNECTIONS_MAX = 8_192;

export type ConnectionLimits = Readonly<{
  trustProxy: TrustedProxies;
  perPeerMax: number;
  /** Whoever is no trusted proxy and not on this machine is turned away before a byte is read. */
  proxiesOnly?: boolean;
}>;

/**
 * Bounds what one address holds open: a peer that opens connections and says nothing, or a byte at a time, takes its own
 * share and nobody else's. A trusted proxy speaks for many and is bounded with all others together.
 */
export function limitConnections(server: Server, limits: ConnectionLimits): void {
  const { trustProxy, perPeerMax, proxiesOnly = false } = limits;
  const open = new Map<string, number>();
  server.maxConnections = CONNECTIONS_MAX;
  server.on("connection", (socket: Socket) => {
    const { remoteAddress = "" } = socket;
    if (isTrustedProxy(remoteAddress, trustProxy)) return;
    if (proxiesOnly && !staysHere(plainAddress(remoteAddress))) {
      socket.destroy();
      return;
    }
    const holder = holderOf(remoteAddress);
    const count = (open.get(holder) ?? 0) + 1;
    if (count > perPeerMax) {
      socket.destroy();
      return;
    }
    open.set(holder, count);
    socket.once("close", () => {
      const left = (open.get(holder) ?? 1) - 1;
      if (left === 0) open.delete(holder);
      else open.set(holder, left);
    });
  });
}
