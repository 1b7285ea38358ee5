import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import { startCola } from "./cola-process";

const folder = resolve(__dirname, "../../../../docs/contracts");
// No server is asked: with these addresses a question would fail.
const env = { REDIS_URL: "redis://127.0.0.1:9", MLFLOW_TRACKING_URI: "http://127.0.0.1:9" };
const cola = (...args: string[]) => startCola(args, env, folder).finished;

describe("cola schema", () => {
  it("lists every queue, with who takes its jobs and whether they have a result", async () => {
    const { code, stdout } = await cola("schema", "--json");
    expect(code).toBe(0);
    const { queues } = JSON.parse(stdout) as { queues: { queue: string }[] };
    expect(queues.map(({ queue }) => queue)).toEqual(QUEUE_NAMES);
    expect(queues[0]).toEqual({ queue: "train", worker: "trainer", from: "api", hasResult: true });
    expect(queues.at(-1)).toEqual({ queue: "alerts", from: "workers", hasResult: false });
  });

  it.each([
    [["predict"], "predict.payload.schema.json"],
    [["train", "--result"], "train.result.schema.json"],
  ])("%j prints the file of docs/contracts", async (args, file) => {
    const { code, stdout } = await cola("schema", ...args);
    expect([code, stdout]).toEqual([0, readFileSync(join(folder, file), "utf8")]);
  });

  it.each([
    [["nope"], /no queue "nope": there are train, tune/],
    [["alerts", "--result"], /jobs of alerts have no result/],
  ])("%j is refused with what there is", async (args, message) => {
    const { code, stdout, stderr } = await cola("schema", ...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });
});
