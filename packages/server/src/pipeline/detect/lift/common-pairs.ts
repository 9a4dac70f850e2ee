/** Accounts and passwords devices and programs come with: everybody tries them, so they tell nobody's hands. */
const PAIRS: Readonly<Record<string, string>> = {
  root: "root toor admin password 123456 12345 1234 default xc3511 vizxv anko hi3518 juantech",
  admin: "admin password 1234 12345 123456 admin123 changeme default",
  administrator: "administrator admin password",
  user: "user password 1234 123456",
  guest: "guest password 12345",
  test: "test password 123456",
  support: "support",
  pi: "raspberry",
  ubnt: "ubnt",
  oracle: "oracle",
  postgres: "postgres password",
  mysql: "mysql",
  sa: "sa password",
  ftp: "ftp",
  anonymous: "anonymous",
  nagios: "nagios",
  tomcat: "tomcat s3cret",
  jenkins: "jenkins",
  vagrant: "vagrant",
  cisco: "cisco",
  ec2: "user",
};

const KNOWN: ReadonlySet<string> = new Set(
  Object.entries(PAIRS).flatMap(([user, secrets]) => secrets.split(" ").map((secret) => `${user}\n${secret}`)),
);

/** Whether everybody tries this pair: somebody's factory set it, or the password says the name, or nothing. */
export function isCommonPair(user: string, secret: string): boolean {
  const name = user.toLowerCase();
  return secret === "" || secret.toLowerCase().includes(name) || KNOWN.has(`${name}\n${secret}`);
}
