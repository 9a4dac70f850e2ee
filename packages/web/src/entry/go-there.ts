import { api } from "../api/client.ts";
import { keepNext, keepThatItProves } from "./sso-memory.ts";

/** Leaves for another system where the person proves again who they are; they come back to the page they are on. */
export async function proveThere(provider: string): Promise<void> {
  const { url } = await api.call("sso.beginProof", { params: { provider } });
  const { pathname, search } = globalThis.location;
  keepNext(`${pathname}${search}`);
  keepThatItProves();
  globalThis.location.assign(url);
}
