import { randomUUID } from "node:crypto";
import { createServer, type AddressInfo, type Socket } from "node:net";

/** One thing an attacker did, in the generic JSON that Tyr's intake reads; one line per event. */
export type DecoyEvent = Readonly<{
  timestamp: string;
  event_type: "connection" | "auth_attempt" | "session_closed";
  protocol: "telnet";
  session: string;
  src_ip: string;
  src_port: number;
  dst_port: number;
  username?: string;
  password?: string;
  /** Bytes the peer sent in all; telnet negotiation counts. */
  bytes?: number;
  reason?: string;
}>;

export type TelnetLoginOptions = Readonly<{
  host: string;
  port: number;
  /** The name shown before `login:`. Take a real device's, spelt as it spells it. */
  hostname: string;
  now: () => Date;
  emit: (event: DecoyEvent) => void;
  limits?: Partial<Limits>;
}>;

type Limits = Readonly<{
  connections: number;
  connectionsPerAddress: number;
  sessionMs: number;
  lineBytes: number;
  sessionBytes: number;
  attempts: number;
}>;
/** What one attacker can cost: everything is bounded, nothing waits for ever. */
const LIMITS: Limits = {
  connections: 256,
  connectionsPerAddress: 16,
  sessionMs: 60_000,
  lineBytes: 256,
  sessionBytes: 16_384,
  attempts: 3,
};

const ANSWER_DELAY_MS = 400;
const IAC = 255;
const SUBNEGOTIATION = 250;
const SUBNEGOTIATION_END = 240;

export type Decoy = AsyncDisposable & Readonly<{ port: number }>;

type FilterState = "text" | "command" | "option" | "subnegotiation" | "subnegotiation-iac";

/** What follows each byte (RFC 854): the next state, and whether the byte is text. */
const STEPS: Readonly<Record<FilterState, (byte: number) => readonly [FilterState, boolean]>> = {
  text: (byte) => (byte === IAC ? ["command", false] : ["text", true]),
  command: (byte) => [
    byte === SUBNEGOTIATION ? "subnegotiation" : byte > SUBNEGOTIATION && byte < IAC ? "option" : "text",
    byte === IAC,
  ],
  option: () => ["text", false],
  subnegotiation: (byte) => [byte === IAC ? "subnegotiation-iac" : "subnegotiation", false],
  "subnegotiation-iac": (byte) => [byte === SUBNEGOTIATION_END ? "text" : "subnegotiation", false],
};

/** Drops telnet negotiation from what the peer sent; keeps its state between chunks. */
export function createTelnetFilter(): (chunk: Uint8Array) => Uint8Array {
  let state: FilterState = "text";
  return (chunk) =>
    chunk.filter((byte) => {
      const [next, isText] = STEPS[state](byte);
      state = next;
      return isText;
    });
}

type Peer = Readonly<{ session: string; src_ip: string; src_port: number; dst_port: number }>;

/** One attacker's conversation: prompts, reads lines, never lets anybody in. */
class Conversation {
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #options: TelnetLoginOptions;
  readonly #limits: Limits;
  readonly #filter = createTelnetFilter();
  #line: number[] = [];
  #username: string | undefined;
  #attempts = 0;
  #bytes = 0;
  #reason = "peer closed";
  #lastWasReturn = false;

  constructor(socket: Socket, options: TelnetLoginOptions, limits: Limits) {
    this.#socket = socket;
    this.#options = options;
    this.#limits = limits;
    this.#peer = {
      session: randomUUID(),
      src_ip: plainAddress(socket.remoteAddress),
      src_port: socket.remotePort ?? 0,
      dst_port: socket.localPort ?? 0,
    };
  }

  start(): void {
    const limit = setTimeout(() => this.#end("time limit"), this.#limits.sessionMs);
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", () => this.#socket.destroy());
    this.#socket.on("close", () => {
      clearTimeout(limit);
      this.#tell("session_closed", { bytes: this.#bytes, reason: this.#reason });
    });
    this.#tell("connection", {});
    this.#socket.write(`\r\n${this.#options.hostname} login: `);
  }

  #read(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limits.sessionBytes) return this.#end("byte limit");
    for (const byte of this.#filter(chunk)) this.#take(byte);
  }

  /** A line ends with CR, LF, CR LF or CR NUL: real clients send each of them. */
  #take(byte: number): void {
    const ends = byte === 13 || byte === 10;
    const second = this.#lastWasReturn && (byte === 10 || byte === 0);
    this.#lastWasReturn = byte === 13;
    if (second) return;
    if (!ends) {
      if (this.#line.length < this.#limits.lineBytes) this.#line.push(byte);
      return;
    }
    const text = Buffer.from(this.#line).toString("utf8");
    this.#line = [];
    this.#answer(text);
  }

  #answer(text: string): void {
    if (this.#socket.destroyed) return;
    if (this.#username === undefined) {
      this.#username = text;
      this.#socket.write("Password: ");
      return;
    }
    this.#tell("auth_attempt", { username: this.#username, password: text });
    this.#username = undefined;
    this.#attempts += 1;
    const last = this.#attempts >= this.#limits.attempts;
    setTimeout(() => {
      if (this.#socket.destroyed) return;
      this.#socket.write(last ? "\r\nLogin incorrect\r\n" : `\r\nLogin incorrect\r\n${this.#options.hostname} login: `);
      if (last) this.#end("attempt limit");
    }, ANSWER_DELAY_MS);
  }

  #end(reason: string): void {
    this.#reason = reason;
    this.#socket.end();
    this.#socket.destroySoon();
  }

  #tell(event_type: DecoyEvent["event_type"], more: Partial<DecoyEvent>): void {
    this.#options.emit({
      timestamp: this.#options.now().toISOString(),
      event_type,
      protocol: "telnet",
      ...this.#peer,
      ...more,
    });
  }
}

function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.)/, "");
}

/**
 * A telnet login that asks for name and password and refuses every one. It reads no file, starts no program and opens no
 * connection of its own; all it does with what the attacker typed is to pass it to `emit`.
 *
 * @returns the port it listens on; disposing ends every conversation
 */
export async function startTelnetLogin(options: TelnetLoginOptions): Promise<Decoy> {
  const limits = { ...LIMITS, ...options.limits };
  const perAddress = new Map<string, number>();
  const open = new Set<Socket>();
  const server = createServer({ pauseOnConnect: false }, (socket) => {
    const address = plainAddress(socket.remoteAddress);
    const already = perAddress.get(address) ?? 0;
    if (open.size >= limits.connections || already >= limits.connectionsPerAddress) return void socket.destroy();
    open.add(socket);
    perAddress.set(address, already + 1);
    socket.on("close", () => {
      open.delete(socket);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    });
    return new Conversation(socket, options, limits).start();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
