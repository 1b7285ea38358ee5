import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { startCola } from "../cli/cola-process";

const python = process.env["COLAML_PYTHON_TEST"] ?? "";
const folder = mkdtempSync(join(tmpdir(), "cola-python-"));
const redisUrl = process.env["TEST_REDIS_URL"]!;
const prefix = `{python-${process.pid}}`;
const model = `python_${process.pid}`;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The Python program of docs/jobs.md, with this run's address, prefix and file in place of the example's. */
function documentedProgram(path: string): string {
  const docs = readFileSync(resolve(__dirname, "../../../../docs/jobs.md"), "utf8");
  const program = /```python\n(.*?)```/s.exec(docs)![1]!;
  const replaced = program
    .replace("redis://127.0.0.1:6379", redisUrl)
    .replace('"{colaml}"', JSON.stringify(prefix))
    .replace('"/data/tweets.csv"', JSON.stringify(path))
    .replace('"boosting"', `"model": ${JSON.stringify(model)}, "boosting"`);
  expect(replaced).toContain(redisUrl);
  expect(replaced).toContain(model);
  return replaced;
}

(existsSync(python) ? describe : describe.skip)("a job put on the queue from Python", () => {
  it("as docs/jobs.md shows is trained like any other", async () => {
    const path = join(folder, "tweets.csv");
    await writeSyntheticTweets(path, 1_000, 5);
    await promisify(execFile)(python, ["-c", documentedProgram(path)], { timeout: 30_000 });
    const env = {
      REDIS_URL: redisUrl,
      COLAML_REDIS_PREFIX: prefix,
      MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
      COLAML_STATE_DIR: join(folder, "state"),
      COLAML_PORT: "0",
    };
    const up = startCola(["up", "--predictors", "0", "--monitors", "0"], env, folder);
    try {
      const watch = startCola(["jobs", "watch", "nightly-2026-11-24", "--json"], env, folder);
      const done = await watch.finished;
      expect(JSON.parse(done.stdout)).toMatchObject({
        status: "completed",
        result: { model, modelVersion: "1", rows: { train: expect.any(Number) } },
      });
    } finally {
      up.child.kill("SIGTERM");
      await up.finished;
      const queues = await openJobQueues(resolveConfig({ env }));
      await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
      await queues.close();
    }
  });
});
