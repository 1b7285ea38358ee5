import type { SearchSpace } from "@colaml/shared/contracts/search-space";
import type { TuneJobInput, TuneResult } from "@colaml/shared/contracts/tune";
import { EXIT } from "@colaml/shared/errors/error-table";
import { METRIC_NAMES } from "@colaml/shared/metrics/metric-table";
import { foreignTo } from "@colaml/shared/settings/boosting-settings";
import { classWeightsOf } from "@colaml/shared/settings/class-weights";
import type { Analyzer } from "@colaml/shared/settings/features-settings";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import type { Command } from "commander";
import { datasetOf } from "../../submit/dataset";
import { configuredColumns } from "../../submit/learning-settings";
import { TUNE_SETTINGS, tunePayload } from "../../submit/payloads";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { decisionLines } from "../decision-lines";
import { addForceOption, forcedChampion } from "../force-promote";
import { checkInput } from "../input-check";
import { isNamed, nextSteps, promotionLine } from "../next-steps";
import { numberOption, optional, textOption, wholeOption } from "../options";
import { cancelOnInterrupt, detachJob, runJob } from "../run-job";
import { addSettingFlags, type FlagReader } from "../setting-flags";
import { printable, type Terminal } from "../terminal";
import { userPath } from "../user-paths";
import { addPromotionOptions, metricTable, promotionOptions } from "./train";

const EXAMPLES = `
Examples:
  $ cola tune tweets.csv
  $ cola tune tweets.csv --trials 40 --metric macro_f1 --minutes 10
  $ cola tune tweets.csv --booster gbtree --max-features 2000

Linear models come first, the first with the settings of the preset best: they take seconds. Trees are tried on a
quarter of the training rows, and those that are worth it on all of them; then what lies near the best. The search ends
when --patience trials have gained nothing (docs/training.md: Tuning).
A setting given as a flag is fixed: every trial has it. A range or a list goes in a payload (docs/jobs.md: space).
Ctrl-C cancels the search with its trials; --detach starts one that does not depend on this terminal.`;

/** The settings that are searched, by the flag that fixes them, and what the flag's value is in a space. */
const FIXED_BY: Readonly<Record<string, (config: ColaConfig) => SearchSpace>> = {
  "boosting.booster": ({ boosting }) => ({ booster: [boosting.booster] }),
  "boosting.learningRate": ({ boosting }) => ({ learning_rate: [boosting.learningRate] }),
  "boosting.depth": ({ boosting }) => ({ depth: [boosting.depth] }),
  "boosting.l2LeafReg": ({ boosting }) => ({ l2_leaf_reg: [boosting.l2LeafReg] }),
  "boosting.maxBin": ({ boosting }) => ({ max_bin: [boosting.maxBin] }),
  // A trial whose penalty is not fixed chooses it by itself.
  "boosting.regLambda": ({ boosting: { regLambda } }) =>
    regLambda === "auto" ? {} : { reg_lambda: [regLambda] },
  "boosting.iterations": ({ boosting }) => ({ iterations: [boosting.iterations] }),
  "boosting.classWeights": ({ boosting }) => ({ class_weights: [classWeightsOf(boosting.classWeights)!] }),
  "features.maxFeatures": ({ features }) => ({ max_features: [features.maxFeatures] }),
  "features.charMaxFeatures": ({ features }) => ({ char_max_features: [features.charMaxFeatures] }),
  "features.minDf": ({ features }) => ({ min_df: [features.minDf] }),
  "features.maxDf": ({ features }) => ({ max_df: [features.maxDf] }),
  // Those of a file are not searched at any rate.
  "features.stopWords": ({ features: { stopWords } }) =>
    stopWords.startsWith("file:") ? {} : { stop_words: [stopWords] },
  "features.ngramMin": ({ features }) => ({ ngram_range: [[features.ngramMin, features.ngramMax]] }),
  "features.ngramMax": ({ features }) => ({ ngram_range: [[features.ngramMin, features.ngramMax]] }),
  "features.charNgramMin": ({ features }) => ({
    char_ngram_range: [[features.charNgramMin, features.charNgramMax]],
  }),
  "features.charNgramMax": ({ features }) => ({
    char_ngram_range: [[features.charNgramMin, features.charNgramMax]],
  }),
  "features.analyzer": ({ features }) => {
    const names = features.analyzer.split(",") as Analyzer[];
    return { analyzer: names.length === 1 ? names : [names] };
  },
  "features.sublinearTf": ({ features }) => ({ sublinear_tf: [features.sublinearTf] }),
  "features.lowercase": ({ features }) => ({ lowercase: [features.lowercase] }),
};

/** Trainer processes if a command starts its own. */
const OWN_TRAINERS = 2;

/** `cola tune FILE`: a search over settings, its best model trained, published and put through the champion check. */
export function addTuneCommand(program: Command): void {
  const command = addPromotionOptions(
    program.command("tune").description("search for better settings, train and register the best"),
  )
    .argument("<file>", "labelled file")
    .option("--trials <count>", "settings to try at most", "20")
    .option("--patience <count>", "end when this many trials have gained nothing; 0: never [default: 6]")
    .option("--minutes <number>", "end the trials after this time")
    .option(
      "--metric <name>",
      `what the best is best at on the validation rows: ${METRIC_NAMES.join(", ")} [default: accuracy_score]`,
    )
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

function tuneRequest({ options, flags, config }: CommandContext): Partial<TuneJobInput> {
  const minutes = numberOption(options, "minutes");
  return {
    ...promotionOptions(options),
    ...optional("space", fixedSpace(config, Object.keys(flags))),
    ...optional("trials", wholeOption(options, "trials", 1, 1_000)),
    ...optional("metric", textOption(options, "metric") as TuneJobInput["metric"]),
    ...optional("patience", wholeOption(options, "patience", 0, 1_000)),
    ...optional("minutes", minutes),
    ...optional("random_seed", wholeOption(options, "searchSeed", 0, 2_147_483_647)),
    ...optional("runName", textOption(options, "runName")),
  };
}

/** The space that flags fix; undefined if none does: the whole one is searched. */
function fixedSpace(config: ColaConfig, given: readonly string[]): SearchSpace | undefined {
  const fixed = given.flatMap((key) => FIXED_BY[key]?.(config) ?? []);
  if (fixed.length === 0) return undefined;
  return Object.assign({ booster: boostersFor(config, given) }, ...fixed) as SearchSpace;
}

/** A flag that one booster does not have leaves the other. */
function boostersFor(config: ColaConfig, given: readonly string[]): NonNullable<SearchSpace["booster"]> {
  const both = ["gblinear", "gbtree"] as const;
  const names = given
    .filter((key) => key.startsWith("boosting."))
    .map((key) => key.slice("boosting.".length));
  const able = both.filter((booster) => names.every((name) => foreignTo(booster, name) === undefined));
  return able.length > 0 ? [...able] : [config.boosting.booster];
}

function describeTuning(terminal: Terminal, result: TuneResult): string {
  const { finished, failed, onSample = 0, cut = 0 } = result.trials;
  const others = [
    `${failed} failed`,
    ...(onSample > 0 ? [`${onSample} on a sample of the rows`] : []),
    ...(cut > 0 ? [`${cut} ended by the time limit`] : []),
  ].join(", ");
  const settings = Object.entries(result.best.settings).map(
    ([name, value]) => `${name} ${JSON.stringify(value)}`,
  );
  return [
    promotionLine(terminal, result),
    `  best of ${finished} trials (${others}): ${settings.join(", ")}`,
    ...(result.search ?? []).map((line) => `  ${line}`),
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
