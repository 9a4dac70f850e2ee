/** Where to go after signing in: a path of this application, never another site ("open redirect"). */
export function nextAddress(raw: string | undefined): string {
  if (raw === undefined || !raw.startsWith("/")) return "/";
  // Browsers read "//host", "/\host" and a path with stripped tabs or line feeds as another host.
  const url = URL.parse(raw, "http://here.invalid");
  if (url === null || url.host !== "here.invalid" || url.pathname === "/login") return "/";
  // "/.//host" is a path here, and another host to whoever reads it again.
  if (url.pathname.startsWith("//")) return "/";
  return `${url.pathname}${url.search}${url.hash}`;
}
