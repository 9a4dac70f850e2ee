import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { PageReport } from "./page.ts";

/** What one page says, once it has said it. */
export type Site = Readonly<{ url: string; report: Promise<PageReport>; close: () => Promise<void> }>;

const page = `<!doctype html><meta charset="utf-8"><title>Sigma</title><script type="module" src="/page.js"></script>`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** One page on loopback under a content security policy, for one visit. */
export async function serve(files: ReadonlyMap<string, string>, policy: string): Promise<Site> {
  const { promise: report, resolve, reject } = Promise.withResolvers<PageReport>();
  const contents = new Map([...files, ["/", page]]);
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    if (request.method === "POST" && path === "/report") {
      bodyOf(request).then((text) => resolve(JSON.parse(text) as PageReport), reject);
      response.writeHead(204).end();
      return;
    }
    const content = contents.get(path);
    const type = path === "/" ? "text/html" : path.endsWith(".js") ? "text/javascript" : "application/json";
    response.writeHead(content === undefined ? 404 : 200, {
      "content-type": `${type}; charset=utf-8`,
      "content-security-policy": policy,
    });
    response.end(content);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((closed) => server.close(() => closed()));
  };
  return { url: `http://127.0.0.1:${port}/`, report, close };
}
