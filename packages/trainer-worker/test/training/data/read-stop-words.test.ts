import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requestedFeaturesSchema } from "@colaml/shared/settings/features-settings";
import { withStopWords } from "@colaml/trainer-worker/training/data/read-stop-words";

const folder = mkdtempSync(join(tmpdir(), "colaml-stop-words-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const features = (stop_words: string) => requestedFeaturesSchema.parse({ stop_words });

describe("the features of a training", () => {
  it("keep the words of a file, lower-cased as the texts are", async () => {
    const path = join(folder, "stop.txt");
    writeFileSync(path, "Hola\ngracias\n");
    expect(await withStopWords(features(`file:${path}`))).toEqual({
      ...features("none"),
      stop_words: ["gracias", "hola"],
    });
  });

  it("are refused for a file that is not there, or far too large", async () => {
    await expect(withStopWords(features(`file:${join(folder, "none.txt")}`))).rejects.toMatchObject({
      code: "INPUT_NOT_FOUND",
    });
    const large = join(folder, "large.txt");
    writeFileSync(large, "x\n".repeat(2_200_000));
    await expect(withStopWords(features(`file:${large}`))).rejects.toMatchObject({
      code: "PARAMETER_INVALID",
    });
  });
});
