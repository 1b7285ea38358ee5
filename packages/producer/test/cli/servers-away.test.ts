import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { runCola, startCola } from "./cola-process";

const folder = mkdtempSync(join(tmpdir(), "cola-away-"));
const tweets = join(folder, "tweets.csv");
const env = {
  COLAML_STATE_DIR: join(folder, "state"),
  COLAML_REDIS_PREFIX: `{away-${process.pid}}`,
  REDIS_URL: process.env["TEST_REDIS_URL"]!,
  MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
};

beforeAll(() => writeFileSync(tweets, "tweet_id,inbound,text\n1,True,hello\n2,False,there\n"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a command whose server is away", () => {
  it.each([
    [
      "Redis",
      { REDIS_URL: "redis://user:hunter2@127.0.0.1:9" },
      "REDIS_UNREACHABLE",
      "127.0.0.1:9",
      "REDIS_URL",
    ],
    [
      "MLflow",
      { MLFLOW_TRACKING_URI: "http://user:hunter2@127.0.0.1:9" },
      "MLFLOW_UNREACHABLE",
      "127.0.0.1:9",
      "MLFLOW_TRACKING_URI",
    ],
  ])(
    "%s: says the address and what to check, without the password",
    async (_what, away, code, address, variable) => {
      const done = await runCola(["train", tweets, "--json"], { ...env, ...away }, folder);
      expect(done.code).toBe(2);
      const answer = JSON.parse(done.stdout) as { error_code: string; message: string };
      expect(answer.error_code).toBe(code);
      expect(answer.message).toContain(address);
      expect(answer.message).toContain(variable);
      expect(done.stdout + done.stderr).not.toContain("hunter2");
    },
  );
});

describe("Ctrl-C at a command that waits", () => {
  it("says that the job keeps running and how to see it, and exits 130", async () => {
    const running = startCola(["train", tweets], env, folder);
    const id = (await running.said(/train-[0-9a-f]{10}/)).trim();
    running.child.kill("SIGINT");
    const done = await running.finished;
    expect(done.code).toBe(130);
    expect(done.stderr).toContain(`cola jobs watch ${id}`);
    const queues = await openJobQueues(resolveConfig({ env }));
    try {
      expect((await queues.view(id)).status).toBe("waiting");
      await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
    } finally {
      await queues.close();
    }
  });
});
