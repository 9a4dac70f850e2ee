/** What follows is a secret: https://redis.io/docs/latest/commands/ (auth, hello, config-set, migrate). */
const SECRET_FOLLOWS = /\b(auth2?|requirepass|masterauth|tls-key-file-pass|tls-client-key-file-pass)(?=\s)[^]*/i;
/** `ACL SETUSER name … >password <password #hash`. */
const ACL_SECRET = /(?<=\s)[><#!]\S+/g;
/** Attributes that hold passwords, in a filter (RFC 4515). */
const FILTER_SECRET = /\((userPassword|unicodePwd|ntPwdHistory|sambaNTPassword|sambaLMPassword)([~<>]?=)[^)]*/gi;

/** A database's command without the passwords it carries. */
export function maskedStatement(statement: string): string {
  const isAcl = /^\s*acl\s+setuser\s/i.test(statement);
  return (isAcl ? statement.replace(ACL_SECRET, "***") : statement).replace(SECRET_FOLLOWS, "$1 ***");
}

/** A search of a directory without the passwords somebody tries in it. */
export function maskedFilter(filter: string): string {
  return filter.replace(FILTER_SECRET, "($1$2***");
}
