import { followModels } from "@colaml/predictor-worker/scoring/followed-models";
import type { ModelSource } from "@colaml/predictor-worker/scoring/model-cache";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { PinnedModel } from "@colaml/shared/mlflow/load-model";

const URI = "models:/m@champion";
const pin = (version: string): PinnedModel => ({
  name: "m",
  version,
  runId: "r",
  source: "s",
  manifestSha256: "d",
});

/** A registry whose answers are set, and a clock that is. */
function followed() {
  const world = { now: 0, asked: 0, warnings: [] as string[], answer: (): PinnedModel => pin("1") };
  const models: ModelSource = {
    async resolve() {
      world.asked++;
      return world.answer();
    },
    load: () => Promise.reject(new Error("nothing is loaded here")),
  };
  const source = followModels(
    models,
    () => world.now,
    (line) => world.warnings.push(line),
  );
  return { world, version: async (uri = URI) => (await source.resolve(uri)).version };
}

const away = () => {
  throw new ColaError("MLFLOW_UNREACHABLE", "MLflow is away");
};

describe("a followed model", () => {
  it("is resolved once for many jobs, and again after three seconds", async () => {
    const { world, version } = followed();
    expect(await Promise.all(Array.from({ length: 500 }, () => version()))).toEqual(Array(500).fill("1"));
    world.answer = () => pin("2");
    world.now = 2_999;
    expect([await version(), world.asked]).toEqual(["1", 1]);
    world.now = 3_000;
    expect([await version(), world.asked]).toEqual(["2", 2]);
  });

  it("is the version that it was last while MLflow is away, and says so", async () => {
    const { world, version } = followed();
    await version();
    world.answer = away;
    world.now = 4_000;
    expect(await version()).toBe("1");
    expect(world.warnings).toEqual([
      "MLflow is away: models:/m@champion is taken for version 1, which it was last",
    ]);
    world.answer = () => pin("2");
    world.now = 8_000;
    expect(await version()).toBe("2");
  });

  it("that was never known fails while MLflow is away, and is asked for again a second later", async () => {
    const { world, version } = followed();
    world.answer = away;
    await expect(version()).rejects.toMatchObject({ code: "MLFLOW_UNREACHABLE" });
    await expect(version()).rejects.toMatchObject({ code: "MLFLOW_UNREACHABLE" });
    expect(world.asked).toBe(1);
    world.answer = () => pin("1");
    world.now = 1_000;
    expect(await version()).toBe("1");
  });

  it("is not kept in the place of one that the registry no longer has", async () => {
    const { world, version } = followed();
    await version();
    world.answer = () => {
      throw new ColaError("MODEL_NOT_FOUND", "no such alias");
    };
    world.now = 3_000;
    await expect(version()).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  });

  it("is forgotten for others after a hundred", async () => {
    const { world, version } = followed();
    for (let i = 0; i <= 100; i++) await version(`models:/m/${i}`);
    await version("models:/m/100");
    expect(world.asked).toBe(101);
    await version("models:/m/0");
    expect(world.asked).toBe(102);
  });
});
