import { bundleToFiles } from "@colaml/shared/learning/model/bundle-files";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { isMlflowDown } from "@colaml/shared/mlflow/api-error";
import { championHistory, championOf, promote, rollback } from "@colaml/shared/mlflow/champion";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { publishModel } from "@colaml/shared/mlflow/publish-model";
import {
  clientFor,
  EXAMPLE_PROBABILITIES,
  exampleBundle,
  exampleModel,
  exampleRun,
  publishVersions,
  SMALL_RUN,
  testServer,
  uniqueName,
} from "./example-publication";
import { type Fault, faultyProxy } from "./faulty-proxy";

const day = (n: number) => new Date(Date.UTC(2026, 0, n));

let client: MlflowClient;
let name: string;
beforeEach(() => {
  client = clientFor(testServer());
  name = uniqueName("model");
});

const aliases = async () => Object.fromEntries(await client.registry.aliases(name));

test("without a model, and with a model without champion, there is no champion", async () => {
  expect(await championOf(client, name)).toBeUndefined();
  await publishVersions(client, name, 1);
  expect(await championOf(client, name)).toBeUndefined();
  await expect(rollback(client, name, "why")).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
});

test("a promotion moves champion and previous, and is recorded with its reason, time and predecessor", async () => {
  await publishVersions(client, name, 2);
  await promote(client, name, "1", "the first", { at: day(1) });
  expect(await aliases()).toEqual({ champion: "1" });
  await promote(client, name, "2", "accuracy 0.83 > 0.81", { at: day(2) });
  expect(await aliases()).toEqual({ champion: "2", previous: "1" });
  expect(await championHistory(client, name)).toEqual([
    { version: "2", at: "2026-01-02T00:00:00.000Z", reason: "accuracy 0.83 > 0.81", replaced: "1" },
    { version: "1", at: "2026-01-01T00:00:00.000Z", reason: "the first" },
  ]);
  expect((await client.registry.version(name, "2")).tags).toMatchObject({
    "colaml.promoted_at": "2026-01-02T00:00:00.000Z",
    "colaml.promoted_reason": "accuracy 0.83 > 0.81",
    "colaml.previous_version": "1",
  });
});

test("promoting the champion again changes nothing", async () => {
  await publishVersions(client, name, 1);
  await promote(client, name, "1", "the first", { at: day(1) });
  await promote(client, name, "1", "again", { at: day(2) });
  expect(await championHistory(client, name)).toHaveLength(1);
});

test.each<Fault>(["answers 503", "loses the answer"])(
  "a promotion through a network that %s at every step is one promotion",
  async (fault) => {
    await publishVersions(client, name, 2);
    await promote(client, name, "1", "the first", { at: day(1) });
    const proxy = await faultyProxy(testServer(), fault);
    const faulty = clientFor(proxy.uri, 0);
    const promoteUntilDone = async (triesLeft: number): Promise<void> => {
      try {
        await promote(faulty, name, "2", "better", { at: day(2) });
      } catch (error) {
        if (!isMlflowDown(error) || triesLeft === 0) throw error;
        await promoteUntilDone(triesLeft - 1);
      }
    };
    try {
      await promoteUntilDone(30);
    } finally {
      await proxy.close();
    }
    expect(await aliases()).toEqual({ champion: "2", previous: "1" });
    expect((await championHistory(client, name)).map(({ version, at }) => [version, at])).toEqual([
      ["2", day(2).toISOString()],
      ["1", day(1).toISOString()],
    ]);
  },
);

test("rollbacks go back one champion each, never forward, and end at the first", async () => {
  await publishVersions(client, name, 3);
  for (let i = 1; i <= 3; i++) {
    await promote(client, name, String(i), `better ${i}`, { at: day(i) });
  }
  expect(await rollback(client, name, "complaints", { at: day(4) })).toEqual({ version: "2", replaced: "3" });
  expect(await aliases()).toEqual({ champion: "2", previous: "1" });
  expect(await rollback(client, name, "more complaints", { at: day(5) })).toEqual({
    version: "1",
    replaced: "2",
  });
  expect((await aliases())["champion"]).toBe("1");
  await expect(rollback(client, name, "still")).rejects.toThrow(/no version with the alias previous/);
  expect((await aliases())["champion"]).toBe("1");
  const history = await championHistory(client, name);
  expect(history.map(({ version, reason }) => [version, reason])).toEqual([
    ["1", "rollback: more complaints"],
    ["2", "rollback: complaints"],
    ["3", "better 3"],
    ["2", "better 2"],
    ["1", "better 1"],
  ]);
  expect(await client.registry.versions(name)).toHaveLength(3);
});

test("a rollback may name any version that was champion, and no other", async () => {
  await publishVersions(client, name, 4);
  for (let i = 1; i <= 3; i++) {
    await promote(client, name, String(i), `better ${i}`, { at: day(i) });
  }
  const back = (to: string) => rollback(client, name, "complaints", { to, at: day(4) });
  await expect(back("4")).rejects.toThrow(/version 4 never was champion.*cola models promote 4 --model /);
  await expect(back("3")).rejects.toThrow(/version 3 is the champion already/);
  await expect(back("9")).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  expect(await aliases()).toEqual({ champion: "3", previous: "2" });
  expect(await back("1")).toEqual({ version: "1", replaced: "3" });
  // Nothing came before version 1: the alias on the champion itself says so.
  expect(await aliases()).toEqual({ champion: "1", previous: "1" });
  expect((await championHistory(client, name))[0]).toMatchObject({
    version: "1",
    reason: "rollback: complaints",
    replaced: "3",
    rollback: true,
  });
});

test("a version whose golden sample scores differently never becomes champion", async () => {
  const texts = ["help", "thanks"];
  const { help, none } = EXAMPLE_PROBABILITIES;
  const withGolden = (positive: number[]) => {
    const probabilities = positive.map((p) => [1 - p, p]);
    const golden = Buffer.from(JSON.stringify({ formatVersion: 1, texts, probabilities }));
    const files = bundleToFiles(exampleBundle(), new Map([["golden_sample.json", golden]]));
    return { ...exampleModel(name), files };
  };
  const scorer = createClassifier(exampleBundle());
  const seen = texts.map((text) => {
    const out = new Float64Array(2);
    scorer.predict(text, out);
    return out[1]!;
  });
  expect(seen[0]).toBeCloseTo(help, 6);
  expect(seen[1]).toBeCloseTo(none, 6);
  await publishModel(client, exampleRun(uniqueName("e"), SMALL_RUN), withGolden(seen));
  await publishModel(client, exampleRun(uniqueName("e"), SMALL_RUN), withGolden([seen[0]!, 0.5]));
  await promote(client, name, "1", "as trained");
  await expect(promote(client, name, "2", "by hand")).rejects.toThrow(
    /version 2 fails its rehearsal, version 1 stays champion: golden text 1 scores/,
  );
  expect(await aliases()).toEqual({ champion: "1" });
});

test("a version that cannot be loaded never becomes champion, neither forward nor back", async () => {
  await publishVersions(client, name, 2);
  const broken = await publishModel(client, exampleRun(uniqueName("e"), SMALL_RUN), exampleModel(name));
  const { artifactUri } = await client.models.get(broken.modelId);
  await client.artifacts.upload(artifactUri, "data/model.xgb.json", Buffer.from("{}"));
  await promote(client, name, "1", "the first");
  await promote(client, name, "2", "better");
  await expect(promote(client, name, "3", "looks best")).rejects.toMatchObject({ code: "MODEL_CORRUPT" });
  await expect(promote(client, name, "9", "not there")).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  expect(await aliases()).toEqual({ champion: "2", previous: "1" });
  expect(await championHistory(client, name)).toHaveLength(2);

  await client.registry.setAlias(name, "previous", "3");
  await expect(rollback(client, name, "complaints")).rejects.toMatchObject({ code: "MODEL_CORRUPT" });
  expect((await aliases())["champion"]).toBe("2");
});

test("a long history keeps its newest events, and the tag stays readable", async () => {
  await publishVersions(client, name, 2);
  for (let i = 1; i <= 14; i++)
    await promote(client, name, String(1 + (i % 2)), "x".repeat(600), { at: day(i) });
  const history = await championHistory(client, name);
  expect(history[0]).toMatchObject({ at: day(14).toISOString(), version: "1" });
  expect(history.length).toBeGreaterThan(8);
  for (const { reason } of history) expect(reason).toMatch(/^x{497}\.\.\.$/);
});
