import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

type Arrived = Readonly<{
  id: string;
  signature: string;
  text: string;
  tyr: Readonly<Record<string, unknown>>;
}>;

/** A chat system's incoming webhook, which a test can have answer as it likes. */
export type Receiver = AsyncDisposable &
  Readonly<{ url: URL; arrived: Arrived[]; answer: (status: number) => void; texts: () => readonly string[] }>;

export async function openReceiver(): Promise<Receiver> {
  const arrived: Arrived[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    const take = async (): Promise<void> => {
      const body = JSON.parse(await text(request)) as Pick<Arrived, "text" | "tyr">;
      const { "webhook-id": id, "webhook-signature": signature } = request.headers;
      arrived.push({ id: String(id), signature: String(signature), text: body.text, tyr: body.tyr });
      response.writeHead(status).end("hunter2");
    };
    void take();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/services/s3cret-path`),
    arrived,
    answer: (next) => void (status = next),
    texts: () => arrived.map((one) => one.text.split("\n")[0] ?? ""),
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}
