import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { downloadModel, loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import { publishModel } from "@colaml/shared/mlflow/publish-model";
import {
  clientFor,
  exampleBundle,
  exampleModel,
  exampleRun,
  publishVersions,
  SMALL_RUN,
  testServer,
  uniqueName,
} from "./example-publication";
import { type FaultServer, faultServer } from "./fault-server";

let cacheDir: string;
let client: MlflowClient;
const open: FaultServer[] = [];
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "colaml-cache-"));
  client = clientFor(testServer());
});
afterEach(async () => {
  await rm(cacheDir, { recursive: true, force: true });
  for (const server of open.splice(0)) await server.close();
});

const publish = (name: string, bundle = exampleBundle(), hmacKey = "") =>
  publishModel(client, exampleRun(uniqueName("experiment"), SMALL_RUN), exampleModel(name, bundle, hmacKey));

/** Replaces a file of a logged model on the server. */
async function overwrite(modelId: string, path: string, bytes: Uint8Array): Promise<void> {
  const { artifactUri } = await client.models.get(modelId);
  await client.artifacts.upload(artifactUri, path, bytes);
}

test("an alias, a number and latest name a version each; all three are pinned to numbers", async () => {
  const name = uniqueName("model");
  await publishVersions(client, name, 2);
  await client.registry.setAlias(name, "champion", "1");
  expect(await resolveModel(client, `models:/${name}@champion`)).toMatchObject({ name, version: "1" });
  expect(await resolveModel(client, `models:/${name}/2`)).toMatchObject({ version: "2" });
  expect(await resolveModel(client, `models:/${name}/latest`)).toMatchObject({ version: "2" });
});

test("a model that is not there is reported with what there is", async () => {
  const name = uniqueName("model");
  await expect(resolveModel(client, `models:/${name}@champion`)).rejects.toMatchObject({
    code: "MODEL_NOT_FOUND",
    message: expect.stringContaining(`no model ${name} at ${testServer()}`),
  });
  await publish(name);
  await client.registry.setAlias(name, "champion", "1");
  for (const uri of [`models:/${name}@challenger`, `models:/${name}/7`]) {
    await expect(resolveModel(client, uri)).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      retryable: false,
      message: expect.stringContaining(`${name} has versions 1 and aliases @champion`),
    });
  }
});

test.each([
  "name",
  "models:/",
  "models:/a/../b",
  "models:/a@b/c",
  "models:/a/x",
  "runs:/1/m",
  "models:/a' or 1=1@c",
])("%j is not a model URI", async (uri) => {
  await expect(resolveModel(client, uri)).rejects.toMatchObject({ code: "USAGE" });
});

test("a kept version is used without MLflow, and one that was damaged on disk is fetched again", async () => {
  const name = uniqueName("model");
  await publish(name);
  const pinned = await resolveModel(client, `models:/${name}/1`);
  const loaded = await loadModel(client, pinned, { cacheDir });
  const away = clientFor("http://127.0.0.1:1", 0);
  expect(await loadModel(away, pinned, { cacheDir })).toEqual(loaded);

  const kept = join(cacheDir, name, "1", "model.xgb.json");
  const bytes = await readFile(kept);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(kept, bytes);
  await expect(loadModel(away, pinned, { cacheDir })).rejects.toMatchObject({ code: "MLFLOW_UNREACHABLE" });
  expect(await loadModel(client, pinned, { cacheDir })).toEqual(loaded);
  expect(await loadModel(away, pinned, { cacheDir })).toEqual(loaded);
});

test("with MLflow away a kept version is found by its number but not by an alias or for another server", async () => {
  const name = uniqueName("model");
  await publish(name);
  await client.registry.setAlias(name, "champion", "1");
  // A server that goes away: the same address answers first and is closed then.
  let target = testServer();
  const proxy = await faultServer((request, response) => {
    if (target === "") return void request.socket.destroy();
    void fetch(`${target}${request.url}`).then(async (answer) =>
      response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer())),
    );
  });
  open.push(proxy);
  const proxied = clientFor(proxy.uri, 0);
  const pinned = await resolveModel(proxied, `models:/${name}/1`, { cacheDir });
  await loadModel(proxied, pinned, { cacheDir });
  target = "";
  expect(await resolveModel(proxied, `models:/${name}/1`, { cacheDir })).toEqual(pinned);
  const unreachable = { code: "MLFLOW_UNREACHABLE", retryable: true };
  await expect(resolveModel(proxied, `models:/${name}@champion`, { cacheDir })).rejects.toMatchObject(
    unreachable,
  );
  await expect(resolveModel(proxied, `models:/${name}/2`, { cacheDir })).rejects.toMatchObject(unreachable);
  const other = clientFor("http://127.0.0.1:1", 0);
  await expect(resolveModel(other, `models:/${name}/1`, { cacheDir })).rejects.toMatchObject(unreachable);

  // The record of what is kept is cut off, as after a power cut: named with the way to mend it.
  await truncate(join(cacheDir, name, "1", ".pinned.json"), 10);
  await expect(resolveModel(proxied, `models:/${name}/1`, { cacheDir })).rejects.toMatchObject({
    ...unreachable,
    message: expect.stringMatching(/ version 1 is kept on disk, but .*\.pinned\.json.* remove that folder/),
  });
});

test("the five versions used last stay on disk", async () => {
  const name = uniqueName("model");
  await publishVersions(client, name, 7);
  for (let i = 1; i <= 7; i++) {
    await loadModel(client, await resolveModel(client, `models:/${name}/${i}`), { cacheDir });
    // Version 1 is in use all the time.
    await loadModel(client, await resolveModel(client, `models:/${name}/1`), { cacheDir });
  }
  expect((await readdir(join(cacheDir, name))).sort()).toEqual(["1", "4", "5", "6", "7"]);
});

test("several processes that fetch the same version at once all get it, and leave one copy", async () => {
  const name = uniqueName("model");
  await publish(name);
  const pinned = await resolveModel(client, `models:/${name}/1`);
  const all = await Promise.all(Array.from({ length: 8 }, () => loadModel(client, pinned, { cacheDir })));
  for (const loaded of all) expect(loaded).toEqual(all[0]);
  expect(await readdir(join(cacheDir, name))).toEqual(["1"]);
});

describe("a damaged model is refused, names what is wrong, and leaves nothing in the cache", () => {
  const bundle = exampleBundle();
  const files = exampleModel("m", bundle).files;
  const flipped = (path: string) => {
    const bytes = Buffer.from(files.get(path)!);
    bytes[bytes.length >> 1]! ^= 1;
    return bytes;
  };
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  test.each([
    ["a flipped bit in the trees", "model.xgb.json", flipped("model.xgb.json"), /model\.xgb\.json/],
    ["a flipped bit in the bundle", "bundle.json", flipped("bundle.json"), /bundle\.json/],
    ["a flipped bit in a further file", "notes.json", flipped("notes.json"), /notes\.json/],
    ["a truncated file", "model.xgb.json", files.get("model.xgb.json")!.slice(0, -5), /model\.xgb\.json/],
    ["a file that became longer", "notes.json", Buffer.alloc(100_000), /notes\.json is longer than stated/],
    [
      "another manifest",
      "manifest.json",
      flipped("manifest.json"),
      /sha256 of manifest\.json is not the registry's/,
    ],
  ])("%s", async (_, path, bytes, says) => {
    expect(sha256(bytes)).not.toBe(sha256(files.get(path)!));
    const name = uniqueName("model");
    const { modelId } = await publish(name, bundle);
    await overwrite(modelId, `data/${path}`, bytes);
    const pinned = await resolveModel(client, `models:/${name}/1`);
    const refusal = expect.objectContaining({ code: "MODEL_CORRUPT", retryable: false });
    await expect(loadModel(client, pinned, { cacheDir })).rejects.toEqual(refusal);
    await expect(downloadModel(client, pinned)).rejects.toThrow(says);
    expect(await readdir(cacheDir)).toEqual([]);
  });

  test("a version that another tool registered", async () => {
    const name = uniqueName("model");
    const { modelId, runId } = await publish(name);
    await client.registry.createVersion({ name, modelId, runId, tags: [] });
    const pinned = await resolveModel(client, `models:/${name}/2`);
    await expect(loadModel(client, pinned, { cacheDir })).rejects.toThrow(
      /version 2 has no tag colaml\.manifest_sha256/,
    );
    await expect(
      downloadModel(client, { ...pinned, manifestSha256: "0", source: "file:///etc/passwd" }),
    ).rejects.toThrow(/its source is "file:/);
  });

  test("an unsigned one, if a key is configured", async () => {
    const name = uniqueName("model");
    await publish(name);
    await publish(name, bundle, "key one");
    const load = async (version: string, hmacKey: string) =>
      loadModel(client, await resolveModel(client, `models:/${name}/${version}`), { cacheDir, hmacKey });
    await expect(load("1", "key one")).rejects.toThrow(/COLAML_MODEL_HMAC_KEY/);
    await expect(load("2", "key two")).rejects.toThrow(/COLAML_MODEL_HMAC_KEY/);
    expect((await load("2", "key one")).bundle.classes).toEqual(["False", "True"]);
  });
});

test("a name or a version cannot lead out of the cache", async () => {
  const pinned = { name: "..", version: "1", runId: "", source: "models:/m-1", manifestSha256: "0" };
  await expect(loadModel(client, pinned, { cacheDir: join(cacheDir, "deep") })).rejects.toMatchObject({
    code: "MODEL_NOT_FOUND",
  });
  await expect(
    loadModel(client, { ...pinned, name: "m", version: "../../x" }, { cacheDir }),
  ).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
});
