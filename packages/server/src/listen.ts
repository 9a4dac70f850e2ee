import { ConfigInvalid } from "#platform/config";

/** Another program has the port. */
class PortInUse extends Error {
  override readonly name = "PortInUse";
  readonly code = "PORT_IN_USE";
}

type Place = Readonly<{ host: string; port: number }>;

/** What the system says of a place to listen on, as what to change: by errno(3) and by the resolver's codes. */
function explained(cause: unknown, { host, port }: Place): unknown {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "EADDRINUSE")
    return new PortInUse(
      `port ${port} on ${host} is taken by another program: stop it, or choose another with TYR_PORT or --port`,
      { cause },
    );
  if (code === "EACCES")
    return new ConfigInvalid("TYR_PORT", `port ${port} is not this user's to open: choose one from 1024 upwards`);
  if (["EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN", "EINVAL"].includes(code))
    return new ConfigInvalid("TYR_HOST", `"${host}" is not an address of this machine`);
  return cause;
}

/**
 * @throws {PortInUse} `PORT_IN_USE`
 * @throws {ConfigInvalid} `CONFIG_INVALID` naming TYR_HOST or TYR_PORT
 */
export async function listenOn(server: { listen(place: Place): Promise<unknown> }, place: Place): Promise<void> {
  try {
    await server.listen(place);
  } catch (error) {
    throw explained(error, place);
  }
}
