import { describe, expect, test } from "vitest";
import { eventsFrom, lifted } from "./testing/lines.ts";

const login = (session: string, address = "203.0.113.7") =>
  `Feb  1 10:00:00 mx dovecot: imap-login: Login: user=<eve>, method=PLAIN, rip=${address}, lip=192.0.2.1, mpid=4711, TLS, session=<${session}>`;
const left = (session: string, bytes = 4_096, host = "mx") =>
  `Feb  1 10:09:00 ${host} dovecot: imap(eve)<4711><${session}>: Disconnected: Logged out in=90 out=${bytes} deleted=0 expunged=0`;
const accept = (number: number, address: string) =>
  `Feb  1 10:00:00 dir slapd[9]: conn=${number} fd=14 ACCEPT from IP=${address}:41234 (IP=0.0.0.0:389)`;
const search = (number: number, filter: string, host = "dir") =>
  `Feb  1 10:00:01 ${host} slapd[9]: conn=${number} op=1 SRCH base="dc=a" scope=2 deref=0 filter="${filter}"`;

const joined = (...lines: readonly string[]) =>
  lifted(eventsFrom(lines)).derived.filter(({ action }) => action === "mail.fetched" || action === "ldap.search");

describe("a deed told in two lines", () => {
  test("is one event with the address of the first and the deed of the second, resting on both", () => {
    const [event, ...more] = joined(login("aB3+/x"), left("aB3+/x", 5_000));
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      action: "mail.fetched",
      src: "203.0.113.7",
      user: "eve",
      session: "aB3+/x",
      fields: { "mail.bytes_fetched": 5_000 },
    });
    expect(event?.from).toHaveLength(2);
  });

  test("of a directory, each search of a connection is one", () => {
    const events = joined(accept(4, "203.0.113.7"), search(4, "(uid=a)"), search(4, '(cn="b")'));
    expect(events.map(({ src, fields }) => [src, fields["ldap.filter"]])).toEqual([
      ["203.0.113.7", "(uid=a)"],
      ["203.0.113.7", '(cn="b")'],
    ]);
  });

  test("is none where the other half never came, is of another host, or was there before", () => {
    expect(joined(left("a"), login("a"))).toEqual([]);
    expect(joined(login("a"), left("b"), left("a", 1, "mx2"), search(4, "(uid=a)"))).toEqual([]);
    expect(joined(login("a"), left("a"), left("a"))).toHaveLength(1);
  });

  test("a number that is given again is whose it is now", () => {
    const events = joined(accept(4, "203.0.113.7"), accept(4, "198.51.100.2"), search(4, "(uid=a)"));
    expect(events.map(({ src }) => src)).toEqual(["198.51.100.2"]);
  });

  test("a name that holds a line of its own blames nobody", () => {
    const forged =
      "Feb  1 10:00:00 mx dovecot: imap-login: Login: user=<x>, method=PLAIN, rip=198.51.100.9, lip=192.0.2.1, mpid=1, session=<a>, user=<y>, method=PLAIN, rip=203.0.113.7, lip=192.0.2.1, mpid=2, session=<b>";
    expect(joined(forged, left("a"), left("b")).map(({ src }) => src)).not.toContain("198.51.100.9");
  });
});
