import { SoftwareAuthenticator } from "../src/identity/passkeys/testing/software-authenticator.ts";
import type { Deeds } from "./audit-deeds.ts";
import { fromElsewhere, given, nobody, type Person, type World } from "./audit-world.ts";
import { clientOf } from "./server-process.ts";

/** What the browser would send next to add a passkey of a new authenticator. */
export async function adding({ client }: Person) {
  const { origin } = await client.call("passkey.list", {});
  const authenticator = new SoftwareAuthenticator(origin ?? "");
  const body = { ...authenticator.create(await client.call("passkey.beginAdd", {})), name: "Key on the ring" };
  return { authenticator, body };
}

async function withPasskey(world: World) {
  const by = await world.person("viewer");
  const { authenticator, body } = await adding(by);
  const { passkey } = await by.client.call("passkey.add", { body });
  return { by, authenticator, passkey };
}

/** Passkeys: adding, changing and using one; and letting a password count again. */
export const passkeyDeeds: Deeds = {
  "user.unlock": async (world) => {
    const { name, subject: id } = await world.person("viewer");
    const body = { name, password: "three grey herons wait" };
    await clientOf(world.server.url)
      .call("session.login", { body }, { headers: fromElsewhere() })
      .catch(() => undefined);
    return {
      by: await world.admin(),
      input: { params: { id } },
      did: "user.unlocked",
      object: { kind: "subject", id },
      before: "failing",
      after: "open",
    };
  },
  "passkey.add": async (world) => {
    const by = await world.person("viewer");
    const { body } = await adding(by);
    return {
      by,
      input: { body },
      did: "passkey.added",
      object: { kind: "passkey", id: ({ passkey }) => passkey.id },
      before: null,
      after: "usable",
    };
  },
  "passkey.rename": async (world) => {
    const { by, passkey } = await withPasskey(world);
    return {
      by,
      input: { params: { id: passkey.id }, body: { name: "Key in the drawer" } },
      did: "passkey.renamed",
      object: { kind: "passkey", id: passkey.id },
      before: given,
      after: given,
    };
  },
  "passkey.remove": async (world) => {
    const { by, passkey } = await withPasskey(world);
    return {
      by,
      input: { params: { id: passkey.id } },
      did: "passkey.removed",
      object: { kind: "passkey", id: passkey.id },
      before: "usable",
      after: null,
    };
  },
  "passkey.signIn": async (world) => {
    const { by, authenticator } = await withPasskey(world);
    const passkey = authenticator.get(await by.client.call("passkey.beginSignIn", {}));
    return {
      by: nobody,
      input: { body: { passkey, token: true } },
      did: "session.created",
      actor: { kind: "person", id: (answer) => answer.user.id },
      object: { kind: "session", id: "*" },
      before: null,
      after: "open",
    };
  },
  "passkey.stepUp": async (world) => {
    const { by, authenticator } = await withPasskey(world);
    const passkey = authenticator.get(await by.client.call("passkey.beginStepUp", {}));
    return {
      by,
      input: { body: { passkey, token: true } },
      did: "session.proved",
      object: { kind: "session", id: "*" },
      before: given,
      after: given,
    };
  },
};
