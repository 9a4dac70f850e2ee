import { refuse, type Refused } from "@tyr/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ThrownRefusal } from "./problem.ts";

/** Logs and event batches, as sent: compressed or not, the handler unpacks them within limits of its own. */
export const RAW_BODY_BYTES_MAX = 8 * 1024 * 1024;
/** All bodies being received at once. Beyond, senders are told to come again; the memory does not grow. */
const IN_FLIGHT_BYTES_MAX = 64 * 1024 * 1024;
/** One key, or one person, holds at most a quarter: a stolen key slows down its own sensor, never the others. */
const SHARE_BYTES_MAX = IN_FLIGHT_BYTES_MAX / 4;
const FIRST_ROOM_BYTES = 16 * 1024;
const RETRY_AFTER_SECONDS = 1;

/** Forms that strangers send. */
export const PUBLIC_BODY_BYTES_MAX = 32 * 1024;

function tooLarge(limit: number): Refused {
  return refuse("BODY_TOO_LARGE", `the body is larger than ${limit} bytes`, { limit });
}

/** One buffer that grows: a body of single bytes must not cost an object per byte. */
class Gathered {
  #room = Buffer.allocUnsafeSlow(FIRST_ROOM_BYTES);
  #length = 0;

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (length > this.#room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#room.length * 2));
      this.#room.copy(larger, 0, 0, this.#length);
      this.#room = larger;
    }
    chunk.copy(this.#room, this.#length);
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  whole(): Buffer {
    return this.#room.subarray(0, this.#length);
  }
}

type Held = { readonly holder: string; bytes: number };

/** Counts the bytes of bodies that have come in and are not answered yet. Announced bytes are not counted: they cost nothing. */
export class InFlight {
  readonly #shares = new Map<string, number>();
  readonly #held = new WeakMap<FastifyRequest, Held>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Opens the account of a body before a byte of it is read; it is closed when the exchange is over.
   *
   * @param holder whose share it counts in; of strangers the address, or one of them could keep the others out
   */
  open(request: FastifyRequest, reply: FastifyReply, holder: string): Refused | undefined {
    const announced = Number(request.headers["content-length"] ?? 1) || 0;
    const limit = request.routeOptions.bodyLimit;
    if (announced > limit) return tooLarge(limit);
    const full = this.#full(holder, announced);
    if (full !== undefined) return full;
    const held: Held = { holder, bytes: 0 };
    this.#held.set(request, held);
    reply.raw.once("close", () => {
      this.#held.delete(request);
      this.#count(held, -held.bytes);
    });
    return undefined;
  }

  /** Counts bytes that came in, or says why they are too many. */
  take(request: FastifyRequest, bytes: number): Refused | undefined {
    const held = this.#held.get(request);
    if (held === undefined) return refuse("INTAKE_OVERLOADED", "the exchange is over");
    const full = this.#full(held.holder, bytes);
    if (full === undefined) this.#count(held, bytes);
    return full;
  }

  #count(held: Held, bytes: number): void {
    held.bytes += bytes;
    this.#bytes += bytes;
    const share = (this.#shares.get(held.holder) ?? 0) + bytes;
    if (share === 0) this.#shares.delete(held.holder);
    else this.#shares.set(held.holder, share);
  }

  #full(holder: string, bytes: number): Refused | undefined {
    const facts = { retryAfterSeconds: RETRY_AFTER_SECONDS };
    if ((this.#shares.get(holder) ?? 0) + bytes > SHARE_BYTES_MAX)
      return refuse("INTAKE_OVERLOADED", "this sender has too many bodies on their way at once", facts);
    if (this.#bytes + bytes > IN_FLIGHT_BYTES_MAX)
      return refuse("INTAKE_OVERLOADED", "too many bodies are being received at once", facts);
    return undefined;
  }
}

/** Takes any media type as bytes; what they mean is for the handler to say. */
export function acceptBytes(app: FastifyInstance, inFlight: InFlight): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", async (request: FastifyRequest, payload: FastifyRequest["raw"]) => {
    const body = new Gathered();
    // Destroying the request would end the connection before it is answered.
    for await (const chunk of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const limit = request.routeOptions.bodyLimit;
      const isTooLarge = body.length + chunk.length > limit;
      const refused = isTooLarge ? tooLarge(limit) : inFlight.take(request, chunk.length);
      if (refused !== undefined) throw new ThrownRefusal(refused.refusal);
      body.add(chunk);
    }
    return body.whole();
  });
}
