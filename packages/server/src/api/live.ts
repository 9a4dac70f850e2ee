import { LIVE_TOPICS, type LiveEntry, type LiveMessage } from "@tyr/contract";
import type { WebSocket } from "@fastify/websocket";
import type { Caller, Identity } from "#identity";
import type { Bus } from "#platform/bus";

/** Close codes above 4000 are ours: 4401 the session ended, 4408 too slow, 4429 too many connections. */
const LIVE_CLOSED = { sessionEnded: 4401, tooSlow: 4408, tooMany: 4429, stopping: 1001 } as const;

/** What may wait in one connection before it counts as too slow. */
const BUFFER_BYTES_MAX = 1024 * 1024;
const CONNECTIONS_MAX = 500;
const PER_PERSON_MAX = 20;
/** A reader that does not say goodbye within this time does not hold up the end of the server. */
const STOPPING_MS = 2_000;
const CHECK_EVERY_MS = 30_000;

export type LiveDeps = Readonly<{
  bus: Bus;
  identity: Pick<Identity, "look" | "watchSessions">;
  checkEveryMs?: number;
}>;
type LiveQuery = Readonly<{ boot?: string; after?: number }>;
/** The live feed: views of what changes, to people who may see them. Never the truth, always resumable. */
export type Live = Readonly<{
  connect(socket: WebSocket, caller: Caller, query: LiveQuery): void;
  connections(): number;
  close(): void;
}>;

type Client = { socket: WebSocket; caller: Caller; answeredPing: boolean };

function maySee({ permissions }: Caller, { topic }: LiveEntry): boolean {
  return permissions.has(LIVE_TOPICS[topic].needs);
}

/** A reader that does not keep up is let go: it comes back with its last number and gets what it missed. */
function send(client: Client, message: LiveMessage): void {
  const { socket } = client;
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > BUFFER_BYTES_MAX) {
    // Nothing more is buffered from here on; the socket is destroyed if the goodbye is not answered within 30 s.
    socket.close(LIVE_CLOSED.tooSlow, "too slow");
    return;
  }
  socket.send(JSON.stringify(message));
}

function greet(client: Client, bus: Bus, { boot, after }: LiveQuery): void {
  const place = { boot: bus.boot, seq: bus.seq() };
  if (boot === undefined || after === undefined) return send(client, { type: "hello", ...place });
  if (boot !== bus.boot) return send(client, { type: "reset", ...place, reason: "other-boot" });
  const missed = bus.since(after);
  if (missed === undefined) return send(client, { type: "reset", ...place, reason: "too-far-behind" });
  send(client, { type: "hello", ...place });
  for (const message of missed) if (maySee(client.caller, message)) send(client, message);
  return undefined;
}

export function createLive({ bus, identity, checkEveryMs = CHECK_EVERY_MS }: LiveDeps): Live {
  const clients = new Set<Client>();

  const look = async (client: Client): Promise<void> => {
    const caller = await identity.look(client.caller.sessionId ?? "");
    if (caller === undefined) client.socket.close(LIVE_CLOSED.sessionEnded, "the session has ended");
    else client.caller = caller;
  };
  // A failing look (database away) leaves the connection as it is; the next one decides.
  const lookAgain = (which: (client: Client) => boolean): void => {
    for (const client of clients) if (which(client)) look(client).catch(() => undefined);
  };
  const ping = (client: Client): void => {
    if (!client.answeredPing) return client.socket.terminate();
    client.answeredPing = false;
    return client.socket.ping();
  };

  const stopFeed = bus.subscribe((message) => {
    for (const client of clients) if (maySee(client.caller, message)) send(client, message);
  });
  const stopLoss = bus.onLoss(() => {
    const place = { boot: bus.boot, seq: bus.seq() };
    for (const client of clients) send(client, { type: "reset", ...place, reason: "too-far-behind" });
  });
  const stopWatch = identity.watchSessions((ids) => lookAgain((client) => ids.includes(client.caller.sessionId ?? "")));
  const timer = setInterval(() => {
    for (const client of clients) ping(client);
    lookAgain(() => true);
  }, checkEveryMs).unref();

  const isCrowded = ({ actor }: Caller): boolean =>
    clients.size >= CONNECTIONS_MAX ||
    [...clients].filter((one) => one.caller.actor.id === actor.id).length >= PER_PERSON_MAX;

  return {
    connect(socket, caller, query) {
      if (isCrowded(caller)) return socket.close(LIVE_CLOSED.tooMany, "too many connections");
      const client = { socket, caller, answeredPing: true };
      clients.add(client);
      socket.on("pong", () => void (client.answeredPing = true));
      socket.on("close", () => void clients.delete(client));
      return greet(client, bus, query);
    },
    connections: () => clients.size,
    close() {
      clearInterval(timer);
      stopFeed();
      stopLoss();
      stopWatch();
      for (const { socket } of clients) socket.close(LIVE_CLOSED.stopping, "the server stops");
      setTimeout(() => {
        for (const { socket } of clients) socket.terminate();
      }, STOPPING_MS).unref();
    },
  };
}
