import {
  defaultSearchSpace,
  type SearchSpace,
  type TuneJobInput,
  type TuneResult,
} from "@colaml/shared/contracts/tune";
import { EXIT } from "@colaml/shared/errors/error-table";
import { DECIDING_METRICS } from "@colaml/shared/metrics/metric-table";
import type { Command } from "commander";
import { datasetOf } from "../../submit/dataset";
import { configuredColumns, TUNE_SETTINGS, tunePayload } from "../../submit/payloads";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { decisionLines } from "../decision-lines";
import { addForceOption, forcedChampion } from "../force-promote";
import { checkInput } from "../input-check";
import { isNamed, nextSteps, promotionLine } from "../next-steps";
import { optional, textOption, wholeOption } from "../options";
import { cancelOnInterrupt, detachJob, runJob } from "../run-job";
import { addSettingFlags, type FlagReader } from "../setting-flags";
import { printable, type Terminal } from "../terminal";
import { userPath } from "../user-paths";
import { addPromotionOptions, metricTable, promotionOptions } from "./train";

const EXAMPLES = `
Examples:
  $ npm run cola -- tune tweets.csv --trials 20
  $ npm run cola -- tune tweets.csv --trials 40 --metric accuracy_score --max-features 2000
  $ npm run cola -- tune tweets.csv --booster gblinear

The search goes over learning rate, depth, l2, iterations, features, stop words and n-grams; with
--booster gblinear over reg_lambda, rounds, features, stop words and n-grams (docs/jobs.md: space). A setting given as a flag is fixed: every trial has it.
Ctrl-C cancels the search with its trials; --detach starts one that does not depend on this terminal.`;

/** The settings that are searched, by what is fixed when one of them is given as a flag. */
const FIXED_BY: Readonly<Record<string, keyof SearchSpace>> = {
  "boosting.learningRate": "learning_rate",
  "boosting.depth": "depth",
  "boosting.l2LeafReg": "l2_leaf_reg",
  "boosting.regLambda": "reg_lambda",
  "boosting.iterations": "iterations",
  "features.maxFeatures": "max_features",
  "features.stopWords": "stop_words",
  "features.ngramMin": "ngram_range",
  "features.ngramMax": "ngram_range",
};

/** Trainer processes if a command starts its own. */
const OWN_TRAINERS = 2;

/** `cola tune FILE`: a search over settings, its best model trained, published and put through the champion check. */
export function addTuneCommand(program: Command): void {
  const command = addPromotionOptions(
    program.command("tune").description("search for better settings, train and register the best"),
  )
    .argument("<file>", "labelled file")
    .option("--trials <count>", "settings to try", "20")
    .option("--metric <name>", `${DECIDING_METRICS.join(", ")} or log_loss on the validation rows`)
    .option("--search-seed <number>", "the same seed tries the same settings")
    .option("--run-name <name>", "name of the parent run")
    .option("--detach", "put the job on the queue and do not wait for it")
    .addHelpText("after", EXAMPLES);
  const readTuneFlags = addSettingFlags(addCommonOptions(addForceOption(command)), TUNE_SETTINGS);
  // A preset in the environment or in .env is for trainings.
  const readFlags: FlagReader = (options) => ({ ...readTuneFlags(options), "train.preset": "seed" });
  command.action(
    handler(readFlags, async (context, file) => {
      const path = userPath(file!);
      const { text, label } = configuredColumns(context.config);
      await checkInput(datasetOf(context.config, path), { text, label });
      const job = tuneRequest(context);
      const request = {
        queue: "tune" as const,
        payload: () => tunePayload(context.config, path, { ...job, ...forcedChampion(context) }),
        workers: { trainer: OWN_TRAINERS },
        onInterrupt: cancelOnInterrupt,
      };
      if (context.options["detach"] === true) return detachJob(context, request);
      return runJob(context, request, async ({ session, result }) => {
        const steps = nextSteps(result, isNamed(context), session.kind);
        context.terminal.result(result, [describeTuning(context.terminal, result), ...steps].join("\n"));
        return result.ok === false ? EXIT.check : EXIT.ok;
      });
    }),
  );
}

/** What is searched of words only. */
const OF_WORDS = ["max_features", "stop_words", "ngram_range"] as const;

function tuneRequest({ config, options, flags }: CommandContext): Partial<TuneJobInput> {
  const fixed = new Set(Object.keys(flags).map((key) => FIXED_BY[key]));
  if (!config.features.analyzer.split(",").includes("word")) for (const name of OF_WORDS) fixed.add(name);
  const searched = Object.entries(defaultSearchSpace(config.boosting.booster)).filter(
    ([name]) => !fixed.has(name as keyof SearchSpace),
  );
  return {
    ...promotionOptions(options),
    space: Object.fromEntries(searched),
    ...optional("trials", wholeOption(options, "trials", 1, 1_000)),
    ...optional("metric", textOption(options, "metric") as TuneJobInput["metric"]),
    ...optional("random_seed", wholeOption(options, "searchSeed", 0, 2_147_483_647)),
    ...optional("runName", textOption(options, "runName")),
  };
}

function describeTuning(terminal: Terminal, result: TuneResult): string {
  const settings = Object.entries(result.best.settings).map(
    ([name, value]) => `${name} ${JSON.stringify(value)}`,
  );
  return [
    promotionLine(terminal, result),
    `  best of ${result.trials.finished} trials (${result.trials.failed} failed): ${settings.join(", ")}`,
    metricTable(
      new Map([
        ["validation", result.metrics.validation],
        ["test", result.metrics.test],
      ]),
    ),
    ...decisionLines(result).map((line) => `  ${printable(line)}`),
    ...result.notes.map((note) => `  note: ${printable(note)}`),
    `  ${result.seconds.toFixed(1)} s, parent run ${result.runId}, best run ${result.bestRunId}`,
  ].join("\n");
}
