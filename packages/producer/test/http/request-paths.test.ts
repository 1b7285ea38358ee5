import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { confinePaths, makeOutputFolders } from "@colaml/producer/http/request-paths";

const root = realpathSync(mkdtempSync(join(tmpdir(), "colaml-paths-")));
mkdirSync(join(root, "data"));
for (const name of ["tweets.csv", "stop.txt"]) writeFileSync(join(root, "data", name), "x\n");
afterAll(() => rmSync(root, { recursive: true, force: true }));

const job = (stop_words: unknown) => ({ dataset: { path: "tweets.csv" }, features: { stop_words } });

describe("a file of stop words in a payload", () => {
  it("lies in the data folder like any other file that is read", () => {
    const data = join(root, "data");
    for (const queue of ["train", "tune"] as const) {
      expect(confinePaths(queue, job("file:stop.txt"), data).features.stop_words).toBe(
        `file:${join(data, "stop.txt")}`,
      );
      expect(() => confinePaths(queue, job("file:../secret"), data)).toThrow("must not contain ..");
      expect(() => confinePaths(queue, job("file:/etc/passwd"), data)).toThrow("relative to the data folder");
    }
  });

  it("is not looked for where a language or a list is named", () => {
    for (const stopWords of ["es", "english", ["file:x"]])
      expect(confinePaths("train", job(stopWords), join(root, "data")).features.stop_words).toEqual(
        stopWords,
      );
  });
});

describe("the folder of an output", () => {
  const data = join(root, "data");
  const predict = (output: string) => ({ input: { path: "tweets.csv" }, output });

  it("is made when the request is found right, and not before", async () => {
    const job = confinePaths("predict", predict("out/2026/scored.csv"), data);
    expect(job.output).toBe(join(data, "out", "2026", "scored.csv"));
    expect(existsSync(join(data, "out"))).toBe(false);
    await makeOutputFolders("predict", job, data);
    expect(existsSync(join(data, "out", "2026"))).toBe(true);
  });

  it("is not made outside, though a link was put on the way meanwhile", async () => {
    const job = confinePaths("predict", predict("late/new/scored.csv"), data);
    symlinkSync(root, join(data, "late"));
    await expect(makeOutputFolders("predict", job, data)).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
    expect(existsSync(join(root, "new"))).toBe(false);
  });
});
