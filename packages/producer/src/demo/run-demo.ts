import { join, resolve } from "node:path";
import type { JobOf, ResultOf, SubmittableQueue } from "@colaml/shared/contracts/catalogue";
import type { TrainResult } from "@colaml/shared/contracts/train";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { makeFolder } from "@colaml/shared/files/durable-file";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { CHAMPION } from "@colaml/shared/mlflow/registry-names";
import { loadConfig, processSources } from "@colaml/shared/settings/load-config";
import { givenValue, resolveConfig, SETTINGS } from "@colaml/shared/settings/resolve-config";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { apiLog } from "../cli/api-log";
import type { CommandContext } from "../cli/command-context";
import { checkInput } from "../cli/input-check";
import { textOption } from "../cli/options";
import { watchJob } from "../cli/run-job";
import { userPath } from "../cli/user-paths";
import { checkMachine } from "../doctor/machine/check-machine";
import { untilAborted } from "../local/interruption";
import { pythonToolsFolder } from "../local/python-tools";
import type { Session } from "../local/session";
import { startAll, type WholeStack } from "../local/whole-stack";
import { datasetOf } from "../submit/dataset";
import type { JobQueues } from "../submit/job-queues";
import { configuredColumns } from "../submit/learning-settings";
import { openJobQueues } from "../submit/open-queues";
import { monitorPayload, predictPayload, trainPayload } from "../submit/payloads";
import { submitJob } from "../submit/submit-job";
import type { DemoFiles, DemoResults } from "./demo-results";
import { summarise } from "./summary";

/** Rows to train on, and other rows that the model has not seen. */
const TRAIN_ROWS = 20_000;
const NEW_ROWS = 20_000;
/** The two files must not share rows: other seeds, other tweets. */
const TRAIN_SEED = 42;
const NEW_SEED = 43;

/** The demo's model is its own: what a person trains never meets it, neither in comparisons nor as champion. */
const DEMO_MODEL = "demo";

/**
 * Train, predict, monitor, a summary; everything it started is stopped, but with `--keep` only at Ctrl-C. Each step
 * works with the version that was just trained, whatever the champion check says of it.
 */
export async function runDemo(given: CommandContext): Promise<undefined> {
  const start = performance.now();
  const context = { ...given, config: demoConfig(given) };
  await examineMachine(context);
  const files = await demoFiles(context);
  const stack = await startAll(
    withFreePort(context),
    { trainer: 1, predictor: 2, monitor: 1 },
    apiLog(context.terminal),
  );
  try {
    const results = await runJobs(context, stack, files, start);
    context.terminal.result(
      results,
      summarise(context.terminal, results, stack.addresses, context.options["keep"] === true),
    );
    if (context.options["keep"] === true) await untilAborted(context.signal, stack.failed);
  } finally {
    await stack.stop();
    context.terminal.say("everything the demo started is stopped");
  }
  return undefined;
}

/**
 * What `cola doctor` would say of this machine, before anything is started; silent if all is well.
 *
 * @throws ColaError CHECK_FAILED with what is wrong and what mends it
 */
async function examineMachine({ config, terminal }: CommandContext): Promise<void> {
  const findings = await checkMachine({ config, pythonDir: await pythonToolsFolder(), ports: false });
  for (const { state, check, message, mend } of findings) {
    const line = `${check}: ${message}; ${mend}`;
    if (state === "problem") throw new ColaError("CHECK_FAILED", line);
    if (state === "warning") terminal.warn(line);
  }
}

/** Generated tweets are read as they are written, whatever the settings say of a person's own files. */
function demoConfig({ config, options, flags }: CommandContext): ColaConfig {
  const model = { ...config.model, name: DEMO_MODEL, alias: CHAMPION };
  if (options["data"] !== undefined) return { ...config, model };
  const [of] = Object.keys(flags).filter((key) => /^(columns|data)\./.test(key));
  if (of !== undefined)
    throw new ColaError("USAGE", `${of} says how a file of your own is read: name it with --data FILE`);
  const { columns, data } = resolveConfig();
  return { ...config, model, columns, data };
}

/** A port somebody else has must not stop a demo: any free one will do unless one is asked for. */
function withFreePort(context: CommandContext): CommandContext {
  const { config, flags } = context;
  const port = SETTINGS.find(({ key }) => key === "http.port")!;
  if (givenValue(port, { flags, ...processSources() })) return context;
  return { ...context, config: { ...config, http: { ...config.http, port: 0 } } };
}

async function demoFiles(context: CommandContext): Promise<DemoFiles> {
  const { config, options, terminal } = context;
  const folder = resolve(stateFolder(config.paths.stateDir).demo);
  await makeFolder(folder);
  const outputs = { output: join(folder, "scored.csv"), report: join(folder, "report.html") };
  const own = textOption(options, "data");
  if (own !== undefined) {
    const path = userPath(own);
    const { text, label } = configuredColumns(config);
    await checkInput(datasetOf(config, path), { text, label });
    return { train: path, fresh: path, same: true, ...outputs };
  }
  terminal.say(
    `data: ${TRAIN_ROWS} generated support tweets to learn from and ${NEW_ROWS} new ones, in ${folder}`,
  );
  const files = {
    train: join(folder, "tweets.csv"),
    fresh: join(folder, "new-tweets.csv"),
    same: false,
    ...outputs,
  };
  await writeSyntheticTweets(files.train, TRAIN_ROWS, TRAIN_SEED);
  await writeSyntheticTweets(files.fresh, NEW_ROWS, NEW_SEED);
  return files;
}

async function runJobs(
  context: CommandContext,
  stack: WholeStack,
  files: DemoFiles,
  start: number,
): Promise<DemoResults> {
  const { config, terminal } = context;
  const queues = await openJobQueues(stack.config);
  const session: Session = {
    config: stack.config,
    queues,
    kind: "up",
    failed: stack.failed,
    close: async () => {},
  };
  const run = async <Queue extends SubmittableQueue>(
    title: string,
    queue: Queue,
    payload: JobOf<Queue>,
  ): Promise<ResultOf<Queue>> => {
    terminal.say(terminal.bold(title));
    const { id } = await submitJob(queues, { queue, payload });
    return (await watchJob(context, session, id)).result as ResultOf<Queue>;
  };
  try {
    const { preset } = config.train;
    const train = await run("1/3 train", "train", trainPayload(config, files.train, { preset_hint: "off" }));
    // It is trained while the other jobs run: nobody waits for it.
    const best = preset === "best" ? undefined : await submitBest(context, queues, files.train);
    const model = versionOf(train);
    const input = datasetOf(config, files.fresh);
    const predict = await run(
      "2/3 predict",
      "predict",
      predictPayload(config, { model, input, output: files.output, force: true }),
    );
    const monitor = await run(
      "3/3 monitor",
      "monitor",
      // The file has texts and labels: each row brings its own label, whatever its id is.
      monitorPayload(config, {
        model,
        input,
        columns: config.columns,
        report: files.report,
        // the demo's own folder: an earlier one may have left its report
        force: true,
      }),
    );
    const compared = best && ((await watchJob(context, session, best)).result as TrainResult);
    const mlflow = createMlflowClient(stack.config.mlflow);
    const { experimentId } = await mlflow.runs.get(train.runId);
    const runUrl = mlflow.runUrl(experimentId, train.runId);
    const seconds = (performance.now() - start) / 1000;
    return { files, train, ...(compared ? { best: compared } : {}), predict, monitor, runUrl, seconds };
  } finally {
    await queues.close();
  }
}

/** Trains on the same rows by the preset best, to be compared: the champion stays. */
async function submitBest(
  { config, flags }: CommandContext,
  queues: JobQueues,
  path: string,
): Promise<string> {
  const { features, boosting, train } = loadConfig({ ...flags, "train.preset": "best" });
  const payload = trainPayload({ ...config, features, boosting, train }, path, { promote: false });
  return (await submitJob(queues, { queue: "train", payload })).id;
}

/** The version that was trained, pinned. @throws ColaError MLFLOW_UNREACHABLE if it could not be registered */
function versionOf({ model, modelVersion, verdict }: TrainResult): string {
  if (modelVersion === undefined) throw new ColaError("MLFLOW_UNREACHABLE", `${model} is ${verdict}`);
  return `models:/${model}/${modelVersion}`;
}
