export { accountHandlers } from "./account.ts";
export { auditHandlers } from "./audit.ts";
export { createAuthenticate, type Authenticate, type AuthenticateDeps } from "./authenticate.ts";
export { sessionCookie, type SessionCookie } from "./cookie.ts";
export type { Call, Handler, Handlers } from "./handler.ts";
export { RouteIncomplete } from "./register-routes.ts";
export { buildServer, type ServerOptions } from "./server.ts";
export { sessionHandlers } from "./sessions.ts";
export { systemHandlers } from "./system.ts";
