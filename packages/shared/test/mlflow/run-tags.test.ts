import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RUN_TAGS, sourceTags } from "@colaml/shared/mlflow/run-tags";

const packages = join(__dirname, "../../..");
const sources = readdirSync(packages).flatMap((name) =>
  readdirSync(join(packages, name, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => ({ file, text: readFileSync(join(packages, name, "src", file), "utf8") })),
);

describe("the tags of runs", () => {
  it("are named in one place each", () => {
    for (const tag of Object.values(RUN_TAGS)) {
      const places = sources.filter(({ text }) => text.includes(`"${tag}"`)).map(({ file }) => file);
      expect({ tag, places }).toEqual({ tag, places: ["mlflow/run-tags.ts"] });
    }
  });

  it("say who made a run, and leave out what is not known", () => {
    expect(sourceTags({ sourceName: "trainer-worker", user: "ana", gitCommit: "abc" })).toEqual({
      "mlflow.user": "ana",
      "mlflow.source.name": "trainer-worker",
      "mlflow.source.type": "JOB",
      "mlflow.source.git.commit": "abc",
    });
    expect(sourceTags({ sourceName: "monitor-worker", gitCommit: "" })).toEqual({
      "mlflow.source.name": "monitor-worker",
      "mlflow.source.type": "JOB",
    });
  });
});
