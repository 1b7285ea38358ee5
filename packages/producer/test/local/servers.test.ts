import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { rememberedPorts } from "@colaml/producer/local/server-ports";
import { startServers } from "@colaml/producer/local/servers";
import { findServers } from "@colaml/producer/local/state-lock";
import { closeRedis, connectRedis } from "@colaml/shared/queue/connection";

const pythonDir = resolve(process.env["COLAML_PYTHON"]!, "../..");
let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "colaml ünïcode & #% "));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const fail = (line: string) => {
  throw new Error(line);
};

/** When the connection ends. `once` of node:events fails at an error before it, and one that is cut may have one. */
const closeOf = (redis: ReturnType<typeof connectRedis>) =>
  new Promise<void>((closed) => redis.once("close", () => closed()));

describe("the embedded servers", () => {
  it("keep their data between runs in a folder of any name", async () => {
    const ask = async (mlflowUri: string, path: string, body: object) => {
      const response = await fetch(`${mlflowUri}/api/2.0/mlflow/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return (await response.json()) as Record<string, unknown>;
    };
    const first = await startServers({ stateDir, pythonDir });
    expect(findServers(stateDir, fail)).toMatchObject({
      redisUrl: first.redisUrl,
      mlflowUri: first.mlflowUri,
    });
    const redis = connectRedis({ url: first.redisUrl, prefix: "{t}", cluster: false });
    await redis.set("kept", "yes");
    closeRedis(redis);
    await ask(first.mlflowUri, "experiments/create", { name: "kept" });
    await Promise.all([first.stop(), first.stop()]);
    expect(findServers(stateDir, fail)).toBeUndefined();

    const second = await startServers({ stateDir, pythonDir });
    const again = connectRedis({ url: second.redisUrl, prefix: "{t}", cluster: false });
    expect(await again.get("kept")).toBe("yes");
    expect(await again.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
    closeRedis(again);
    expect(await ask(second.mlflowUri, "experiments/create", { name: "kept" })).toMatchObject({
      error_code: "RESOURCE_ALREADY_EXISTS",
    });
    await second.stop();
  });

  it("are started again on the same port and data when one is killed, and not when they are stopped", async () => {
    const said: string[] = [];
    const warn = (line: string) => void said.push(line);
    const servers = await startServers({ stateDir, pythonDir, mlflow: false, warn });
    const redis = connectRedis({ url: servers.redisUrl, prefix: "{t}", cluster: false });
    redis.on("error", () => undefined);
    await redis.set("kept", "yes");
    const [pid] = findServers(stateDir, fail)!.childPids;
    const closed = closeOf(redis);
    process.kill(pid!, "SIGKILL");
    await closed;
    // Waits until the connection stands again.
    expect(await redis.get("kept")).toBe("yes");
    expect(said).toEqual([expect.stringMatching(/^Redis ended by itself \(SIGKILL\).*starting it again$/)]);
    closeRedis(redis);
    await servers.stop();
    expect(said).toHaveLength(1);
    expect(findServers(stateDir, fail)).toBeUndefined();
  });

  it("are ended and started again when one hangs", async () => {
    const said: string[] = [];
    const warn = (line: string) => void said.push(line);
    const servers = await startServers({ stateDir, pythonDir, mlflow: false, warn, silentMs: 2_400 });
    const redis = connectRedis({ url: servers.redisUrl, prefix: "{t}", cluster: false });
    redis.on("error", () => undefined);
    await redis.ping();
    const [pid] = findServers(stateDir, fail)!.childPids;
    const closed = closeOf(redis);
    process.kill(pid!, "SIGSTOP");
    await closed;
    expect(await redis.ping()).toBe("PONG");
    expect(said).toEqual([
      expect.stringMatching(/^Redis gave no answer for 2\.4 s and was ended: see .*; starting it again$/),
    ]);
    closeRedis(redis);
    await servers.stop();
  });

  it("end with the reason when another program takes the port of one that was killed, and never pass it for theirs", async () => {
    const said: string[] = [];
    const servers = await startServers({
      stateDir,
      pythonDir,
      mlflow: false,
      warn: (line) => void said.push(line),
    });
    const port = Number(new URL(servers.redisUrl).port);
    const [pid] = findServers(stateDir, fail)!.childPids;
    const redis = connectRedis({ url: servers.redisUrl, prefix: "{t}", cluster: false });
    redis.on("error", () => undefined);
    await redis.ping();
    const closed = closeOf(redis);
    process.kill(pid!, "SIGKILL");
    await closed;
    closeRedis(redis);
    // It answers as a Redis does. What was killed frees its port at its last breath, long before it is started again.
    const squatter = createServer((socket) => socket.on("data", () => socket.write("+PONG\r\n")));
    squatter.on("error", () => setTimeout(() => squatter.listen(port, "127.0.0.1"), 5));
    // `once` of node:events would fail at the first error.
    await new Promise<void>((listening) => squatter.listen(port, "127.0.0.1", listening));
    await expect(servers.failed).rejects.toMatchObject({
      code: "INTERNAL",
      message: expect.stringMatching(
        new RegExp(`^Redis ended by itself .*another program listens on port ${port} of Redis`),
      ),
    });
    expect(said).toHaveLength(1);
    squatter.close();
    await servers.stop();
  });

  it("keep their ports between runs; one that is taken becomes another, which is reported and kept", async () => {
    const said: string[] = [];
    const start = () => startServers({ stateDir, pythonDir, warn: (line) => said.push(line) });
    const first = await start();
    await first.stop();
    const second = await start();
    expect(second).toMatchObject({ redisUrl: first.redisUrl, mlflowUri: first.mlflowUri });
    await second.stop();
    expect(said).toEqual([]);

    const taken = Number(new URL(first.redisUrl).port);
    const squatter = createServer().listen(taken, "127.0.0.1");
    await once(squatter, "listening");
    const third = await start();
    squatter.close();
    await third.stop();
    const other = Number(new URL(third.redisUrl).port);
    expect(other).not.toBe(taken);
    expect(third.mlflowUri).toBe(first.mlflowUri);
    expect(said).toEqual([
      `port ${taken} of Redis is taken: it listens on ${other} from now on, and links to the old port no longer work`,
    ]);
    expect(await rememberedPorts(stateDir, fail)).toEqual({
      redis: other,
      mlflow: Number(new URL(first.mlflowUri).port),
    });
  });

  it.each([
    ["the file is damaged", '{"v":1,"redis":'],
    ["a port is none", '{"v":1,"redis":0,"mlflow":"8080"}'],
  ])("know no port if %s, which is reported", async (_, content) => {
    const said: string[] = [];
    writeFileSync(join(stateDir, "ports.json"), content);
    expect(await rememberedPorts(stateDir, (line) => said.push(line))).toEqual({});
    expect(said).toEqual([expect.stringMatching(/ports\.json cannot be read and counts as absent/)]);
  });

  it("refuse a second owner of the folder and leave the first alone", async () => {
    const first = await startServers({ stateDir, pythonDir, mlflow: false });
    await expect(startServers({ stateDir, pythonDir, mlflow: false })).rejects.toMatchObject({
      code: "USAGE",
    });
    const redis = connectRedis({ url: first.redisUrl, prefix: "{t}", cluster: false });
    expect(await redis.ping()).toBe("PONG");
    closeRedis(redis);
    await first.stop();
  });

  it("leave nothing running and no lock when one of them cannot start", async () => {
    const noPython = join(stateDir, "no-python");
    await expect(startServers({ stateDir, pythonDir: noPython })).rejects.toMatchObject({
      message: expect.stringMatching(/no-python/),
    });
    expect(existsSync(join(stateDir, "servers.lock"))).toBe(false);
  });
});
