import { describe, expect, test } from "vitest";
import { containerAliases } from "./container-request.ts";

const CREATE = "/v1.24/containers/create";

describe("a request to make a container", () => {
  test("says whether it may do everything on its host, and which folders of the host it gets", () => {
    const body = JSON.stringify({
      Image: "alpine",
      Env: ["TOKEN=s3cret"],
      HostConfig: {
        Privileged: true,
        PidMode: "host",
        NetworkMode: "host",
        Binds: ["/:/mnt", "cache:/var/cache", "/etc:/host/etc:ro"],
        Mounts: [{ Type: "bind", Source: "/root", Target: "/r" }],
      },
    });
    expect(containerAliases(CREATE, body)).toEqual({
      "container.privileged": "true",
      "container.host_pid": "true",
      "container.host_network": "true",
      "container.host_path": ["/", "/etc", "/root"],
    });
    expect(JSON.stringify(containerAliases(CREATE, body))).not.toContain("s3cret");
  });

  test("is read where a server wrote its quotes another way, or cut it off", () => {
    expect(
      containerAliases("/containers/create", "{\\x22HostConfig\\x22:{\\x22Privileged\\x22: true,\\x22Bin"),
    ).toMatchObject({
      "container.privileged": "true",
    });
    expect(containerAliases(CREATE, '{"HostConfig":{"Binds":["/var/run/docker.sock:/s"')).toMatchObject({
      "container.host_path": "/var/run/docker.sock",
    });
  });

  test("says nothing of the host where it asks for nothing, and of other requests nothing at all", () => {
    const plain = '{"Image":"nginx","HostConfig":{"Privileged":false,"Binds":["data:/data"],"NetworkMode":"bridge"}}';
    expect(Object.values(containerAliases(CREATE, plain)).filter((value) => value !== undefined)).toEqual([]);
    expect(containerAliases("/login", '{"Privileged":true}')).toEqual({});
    expect(containerAliases(CREATE, undefined)).toEqual({});
  });

  test("takes no longer for a hostile one", () => {
    const hostile = `"Binds":[${'"/'.repeat(500_000)}`;
    const started = performance.now();
    containerAliases(CREATE, hostile);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
