import { refuse, type Refused } from "@tyr/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Logs and event batches, as sent: compressed or not, the handler unpacks them within limits of its own. */
export const RAW_BODY_BYTES_MAX = 8 * 1024 * 1024;
/** All bodies being received at once. Beyond, senders are told to come again; the memory does not grow. */
const IN_FLIGHT_BYTES_MAX = 64 * 1024 * 1024;

/** Takes any media type as bytes; what they mean is for the handler to say. */
export function acceptBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "*",
    { parseAs: "buffer", bodyLimit: RAW_BODY_BYTES_MAX },
    async (_request: FastifyRequest, body: Buffer) => body,
  );
}

/** Counts bytes that are or may be on their way in. */
export class InFlight {
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Reserves room for a body before a byte of it is read, and gives it back when the exchange is over. */
  reserve(request: FastifyRequest, reply: FastifyReply): Refused | undefined {
    const length = request.headers["content-length"];
    const bytes = length === undefined ? RAW_BODY_BYTES_MAX : Math.min(Number(length) || 0, RAW_BODY_BYTES_MAX);
    if (this.#bytes + bytes > IN_FLIGHT_BYTES_MAX)
      return refuse("INTAKE_OVERLOADED", "too many bodies are being received at once", { retryAfterSeconds: 1 });
    this.#bytes += bytes;
    reply.raw.once("close", () => void (this.#bytes -= bytes));
    return undefined;
  }
}
