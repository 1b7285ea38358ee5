import { modelReference } from "@colaml/producer/serving/model-reference";
import { ModelShelf } from "@colaml/producer/serving/model-shelf";
import type { ServableModel } from "@colaml/producer/serving/servable-model";
import type { PinnedModel } from "@colaml/shared/mlflow/load-model";

const HOME = "models:/m@champion";

/** A shelf over a registry that answers when the test says so. */
function slowShelf() {
  let champion = "1";
  const asked: ((pinned: PinnedModel) => void)[] = [];
  const pinnedNow = (): PinnedModel => ({
    name: "m",
    version: champion,
    runId: "r",
    source: "s",
    manifestSha256: champion,
  });
  const shelf = new ModelShelf({
    source: {
      resolve: () => new Promise<PinnedModel>((resolve) => asked.push(resolve)),
      load: async (pinned) => ({ pinned }) as ServableModel,
    },
    lastKnown: { read: async () => undefined, write: async () => {}, forget: async () => {} },
    capacity: 2,
    refusalMs: 1_000,
    home: modelReference(HOME),
    log: { info: () => {}, warn: () => {} },
    clock: () => 0,
  });
  return {
    shelf,
    asked,
    answer: () => asked.at(-1)!(pinnedNow()),
    promote: (version: string) => {
      champion = version;
    },
  };
}

it("asks the registry once more, not once each, for all who ask while it is asked", async () => {
  const { shelf, asked, answer, promote } = slowShelf();
  const opened = shelf.open(HOME);
  answer();
  await opened;
  const first = shelf.refresh();
  expect(asked).toHaveLength(2);

  const others = Array.from({ length: 1_000 }, () => shelf.refresh());
  expect(asked).toHaveLength(2);
  answer();
  await first;
  expect(shelf.inMemory(HOME)?.pinned.version).toBe("1");

  // those who asked after the promotion see it
  promote("2");
  while (asked.length < 3) await new Promise(setImmediate);
  answer();
  await Promise.all(others);
  expect(asked).toHaveLength(3);
  expect(shelf.inMemory(HOME)?.pinned.version).toBe("2");
});
