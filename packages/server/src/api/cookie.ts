import { SESSION_LIFE_SECONDS } from "#identity";

/** The cookie that carries a session's token. */
export type SessionCookie = Readonly<{
  name: string;
  /** The `Set-Cookie` value that keeps the token. */
  keep(token: string): string;
  /** The `Set-Cookie` value that forgets it. */
  forget(): string;
  /** The token in a `Cookie` header. */
  read(header: string | undefined): string | undefined;
}>;

/** Tokens are base64url; anything else in the cookie was not written by us. */
const TOKEN = /^[A-Za-z0-9_-]{20,100}$/;

function valueOf(header: string, name: string): string | undefined {
  for (const part of header.split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

/**
 * Over https `__Host-tyr` with Secure: no other host and no plain http can set or read it. Browsers refuse that prefix
 * over plain http, on loopback too, so there it is `tyr` without Secure; other ports of that host then share it, which
 * is one reason why plain http is for one's own machine only.
 */
export function sessionCookie(publicUrl: string): SessionCookie {
  return cookieOf(publicUrl, { base: "tyr", lifeSeconds: SESSION_LIFE_SECONDS });
}

/** Carries what binds a sign-in through another system to the browser that began it. Its life is that of the flow. */
export function flowCookie(publicUrl: string): SessionCookie {
  return cookieOf(publicUrl, { base: "tyr-sso", lifeSeconds: 600 });
}

/** Tells a browser somebody signed in with before. It signs nobody in. */
export function deviceCookie(publicUrl: string): SessionCookie {
  return cookieOf(publicUrl, { base: "tyr-device", lifeSeconds: 180 * 86_400 });
}

type Cookie = Readonly<{ base: string; lifeSeconds: number }>;

function cookieOf(publicUrl: string, { base, lifeSeconds }: Cookie): SessionCookie {
  const secure = publicUrl.startsWith("https:");
  const name = secure ? `__Host-${base}` : base;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  return {
    name,
    keep: (token) => `${name}=${token}; ${attributes}; Max-Age=${lifeSeconds}`,
    forget: () => `${name}=; ${attributes}; Max-Age=0`,
    read(header) {
      const value = header === undefined ? undefined : valueOf(header, name);
      return value !== undefined && TOKEN.test(value) ? value : undefined;
    },
  };
}
