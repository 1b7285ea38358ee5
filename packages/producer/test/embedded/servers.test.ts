import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startServers } from "@colaml/producer/embedded/servers";
import { findServers } from "@colaml/producer/embedded/state-lock";
import { closeRedis, connectRedis } from "@colaml/shared/jobs/connection";

const pythonDir = resolve(process.env["COLAML_PYTHON"]!, "../..");
let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "colaml ünïcode & #% "));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

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
    expect(findServers(stateDir)).toMatchObject({ redisUrl: first.redisUrl, mlflowUri: first.mlflowUri });
    const redis = connectRedis({ url: first.redisUrl, prefix: "{t}", cluster: false });
    await redis.set("kept", "yes");
    closeRedis(redis);
    await ask(first.mlflowUri, "experiments/create", { name: "kept" });
    await Promise.all([first.stop(), first.stop()]);
    expect(findServers(stateDir)).toBeUndefined();

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
