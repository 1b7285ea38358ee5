import { trainJobSchema } from "@colaml/shared/contracts/train";
import { type TrialOutcome, type TuneJobInput, tuneJobSchema } from "@colaml/shared/contracts/tune";
import { type OutcomeOf, type PlannedTrial, planTrials } from "@colaml/trainer-worker/tune/plan-trials";
import { trainJobOf, trialFields } from "@colaml/trainer-worker/tune/trial-jobs";

const dataset = { path: "/data/x.csv" };
const jobOf = (input: Omit<TuneJobInput, "dataset"> = {}) => tuneJobSchema.parse({ ...input, dataset });

/** A file of 4,000 training rows on which a trial reaches what `accuracy` says. */
function outcomesBy(accuracy: (trial: PlannedTrial) => number | undefined): OutcomeOf {
  return (trial): TrialOutcome => {
    const { number, settings, onSample } = trial;
    const accuracy_score = accuracy(trial);
    if (accuracy_score === undefined) return { number, settings, failed: "broken" };
    const rows = onSample ? { trainRows: 1_000, onSample: true as const } : { trainRows: 4_000 };
    return { number, settings, validation: { accuracy_score }, ...rows };
  };
}

const boosterOf = ({ settings }: PlannedTrial) => settings.booster;
const isLinear = (trial: PlannedTrial) => boosterOf(trial) === "gblinear";

describe("a search without a space", () => {
  it("begins with a linear model of words and characters, and looks at trees on a sample beside it", () => {
    const { trials, isComplete } = planTrials(jobOf(), () => undefined, false);
    expect(isComplete).toBe(false);
    expect(trials.map((trial) => [boosterOf(trial), trial.onSample])).toEqual([
      ["gblinear", false],
      ["gbtree", true],
      ["gbtree", true],
      ["gblinear", true],
    ]);
    expect(trials[0]!.settings).toMatchObject({ analyzer: ["word", "char_wb"], sublinear_tf: true });
  });

  it("tries no more trees if they stay far below the linear model on the same sample", () => {
    const plan = planTrials(
      jobOf(),
      outcomesBy((trial) => (isLinear(trial) ? 0.95 : 0.9)),
      false,
    );
    expect(plan.isComplete).toBe(true);
    expect(plan.trials.filter((trial) => !isLinear(trial))).toHaveLength(2);
    expect(plan.lines[0]).toMatch(
      /on 1000 training rows trees have accuracy_score 0.9000, .* 0.9500: no more/,
    );
  });

  it("draws more trees on the sample if they come near, and trains the best third on all rows", () => {
    const plan = planTrials(
      jobOf({ patience: 0 }),
      outcomesBy((trial) => (isLinear(trial) ? 0.9 : 0.89 + (trial.settings.learning_rate ?? 0) / 100)),
      false,
    );
    const trees = plan.trials.filter((trial) => !isLinear(trial));
    const sampled = trees.filter(({ onSample }) => onSample);
    // 2 probes and a quarter of 20
    expect(sampled).toHaveLength(7);
    const byRate = sampled.map(({ settings }) => settings.learning_rate!).sort((a, b) => b - a);
    const full = trees.filter(({ onSample }) => !onSample);
    expect(full.slice(0, 2).map(({ settings }) => settings.learning_rate)).toEqual(byRate.slice(0, 2));
  });

  it("draws more trees than linear models if trees lead on the sample, and ends near the best of them", () => {
    // As on a set of 24,783 tweets of three classes: linear 0.882 on the sample, trees of words 0.894.
    const plan = planTrials(
      jobOf({ patience: 0 }),
      outcomesBy((trial) => {
        const { learning_rate = 0 } = trial.settings;
        if (isLinear(trial)) return trial.onSample ? 0.882 : 0.899;
        return (trial.onSample ? 0.89 : 0.9) + learning_rate / 100;
      }),
      false,
    );
    expect(plan.lines[0]).toMatch(/trees have accuracy_score 0.893., the linear model 0.8820: more trees/);
    const of = (is: (trial: PlannedTrial) => boolean) => plan.trials.filter(is);
    // the first, 0.15 of 20 draws, and the look on the sample
    expect(of(isLinear)).toHaveLength(1 + 3 + 1);
    // 2 probes and 0.35 of 20; the best third of these 9; neighbours of the best take the rest
    expect(of((trial) => !isLinear(trial) && trial.onSample)).toHaveLength(9);
    expect(of((trial) => !isLinear(trial) && !trial.onSample)).toHaveLength(20 - 5 - 9);
  });

  it("tries trees by the margin of 0.02 on the sample: just within more of them, just beyond none", () => {
    const treesWith = (onSample: number) =>
      planTrials(
        jobOf({ patience: 0 }),
        outcomesBy((trial) => (isLinear(trial) ? 0.9 : onSample)),
        false,
      ).trials.filter((trial) => !isLinear(trial));
    expect(treesWith(0.8799)).toHaveLength(2);
    // 2 probes, a quarter of 20 draws, and a third of these 7 on all rows
    expect(treesWith(0.8801)).toHaveLength(2 + 5 + 2);
  });

  it("draws no trees of characters if those of words are far better on the sample, and the other way round", () => {
    const analyzersBy = (characters: number, words: number) => {
      const { trials } = planTrials(
        jobOf({ patience: 0 }),
        outcomesBy((trial) => {
          if (isLinear(trial)) return 0.9;
          return trial.settings.analyzer === "char_wb" ? characters : words;
        }),
        false,
      );
      const drawn = trials.filter((trial) => !isLinear(trial) && trial.onSample).slice(2);
      return new Set(drawn.map(({ settings }) => settings.analyzer));
    };
    expect(analyzersBy(0.88, 0.91)).toEqual(new Set(["word"]));
    expect(analyzersBy(0.91, 0.88)).toEqual(new Set(["char_wb"]));
    expect(analyzersBy(0.905, 0.91)).toEqual(new Set(["word", "char_wb"]));
  });

  it("keeps the features of the best in every other neighbour", () => {
    const outcomes = outcomesBy((trial) => (isLinear(trial) ? 0.9 - trial.number / 10_000 : 0.5));
    // The first trial chooses its penalty and rounds, which its outcome has as numbers.
    const found = { reg_lambda: 0.00001, iterations: 9 };
    const { trials } = planTrials(
      jobOf({ patience: 0 }),
      (trial) => {
        const outcome = outcomes(trial)!;
        return trial.number === 0 ? { ...outcome, settings: { ...outcome.settings, ...found } } : outcome;
      },
      false,
    );
    // the first and the look at trees, 0.3 of 20 draws; the rest are neighbours of the first
    const neighbours = trials.slice(4 + 6);
    const featuresOf = ({ settings }: PlannedTrial) => {
      const { reg_lambda: _, iterations: _rounds, class_weights: _weights, ...features } = settings;
      return JSON.stringify(Object.entries(features).sort());
    };
    const same = neighbours.filter((trial) => featuresOf(trial) === featuresOf(trials[0]!));
    expect(same.map(({ number }) => number)).toEqual([10, 12, 14, 16, 18]);
    const penalties = new Set(same.map(({ settings }) => settings.reg_lambda));
    expect(penalties.size).toBe(same.length);
  });

  it("ends when the trials after the best have gained nothing, and says so", () => {
    const first = planTrials(
      jobOf({ patience: 3 }),
      outcomesBy(() => 0.9),
      false,
    );
    expect(first.isComplete).toBe(true);
    expect(first.trials.length).toBeLessThan(20);
    expect(first.lines.at(-1)).toMatch(/^stopped: the last \d+ trials on all rows gained nothing$/);
  });

  it("goes on to its last trial while each gains", () => {
    const plan = planTrials(
      jobOf(),
      outcomesBy(({ number }) => 0.5 + number / 100),
      false,
    );
    expect(plan.trials.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(plan.isComplete).toBe(true);
  });

  it("adds nothing when its time is over", () => {
    const plan = planTrials(
      jobOf({ minutes: 2 }),
      outcomesBy(() => 0.9),
      true,
    );
    expect(plan).toMatchObject({ isComplete: true, lines: ["the time limit of 2 min was reached"] });
    expect(plan.trials).toHaveLength(4);
  });

  it("plans the same again with the same outcomes, and keeps what it planned before", () => {
    const outcomes = outcomesBy(({ number }) => (number === 6 ? undefined : 0.8 + (number % 5) / 100));
    const whole = planTrials(jobOf(), outcomes, false);
    expect(planTrials(jobOf(), outcomes, false)).toEqual(whole);
    const before = planTrials(jobOf(), (trial) => (trial.number < 8 ? outcomes(trial) : undefined), false);
    expect(whole.trials.slice(0, before.trials.length)).toEqual(before.trials);
  });

  it("plans only what the train contract takes", () => {
    for (const random_seed of [1, 2, 3]) {
      const job = jobOf({ random_seed, trials: 60, patience: 0, metric: "macro_f1" });
      const { trials } = planTrials(
        job,
        outcomesBy(({ number }) => 0.8 + number / 1_000),
        false,
      );
      for (const trial of trials) {
        const payload = trainJobOf(job, trial.settings, trialFields(trial, "run", 5_000));
        expect(trainJobSchema.parse(payload)).toEqual(payload);
        expect(payload.trial?.trainShare).toBe(trial.onSample ? 0.25 : undefined);
        // the first trial has no limit: there is a model whatever happens
        expect(payload.trial?.until).toBe(trial.number === 0 ? undefined : 5_000);
      }
    }
  });
});

describe("a space", () => {
  it("restricts both boosters where it names a setting", () => {
    const space: TuneJobInput["space"] = {
      booster: ["gblinear", "gbtree"],
      max_features: [2_000],
      analyzer: ["word"],
      depth: { min: 3, max: 5 },
    };
    const { trials } = planTrials(
      jobOf({ space, trials: 30, patience: 0 }),
      outcomesBy(({ number }) => 0.8 + number / 1_000),
      false,
    );
    for (const { settings } of trials) {
      expect(settings).toMatchObject({ max_features: 2_000, analyzer: "word" });
      expect(settings.char_max_features).toBeUndefined();
      if (settings.booster === "gbtree") expect([3, 4, 5]).toContain(settings.depth);
      else expect(settings.depth).toBeUndefined();
    }
  });

  it("of one booster keeps to it; a job whose booster is gblinear needs no space for that", () => {
    const seen = (input: Omit<TuneJobInput, "dataset">) =>
      new Set(
        planTrials(
          jobOf(input),
          outcomesBy(() => 0.9),
          false,
        ).trials.map(boosterOf),
      );
    expect(seen({ space: { booster: ["gbtree"] } })).toEqual(new Set(["gbtree"]));
    expect(seen({ boosting: { booster: "gblinear" } })).toEqual(new Set(["gblinear"]));
  });

  it("without boosters is searched as older releases did: the job's own settings, then draws, all at once", () => {
    const space: TuneJobInput["space"] = { max_features: [100], depth: [4, 6] };
    const { trials, isComplete } = planTrials(jobOf({ space, trials: 5 }), () => undefined, false);
    expect(trials).toHaveLength(5);
    expect(trials[0]!.settings).toEqual({ max_features: 100 });
    expect(
      trials
        .slice(1)
        .map(({ settings }) => settings.depth)
        .sort(),
    ).toEqual([4, 4, 6, 6]);
    expect(isComplete).toBe(false);
  });

  it("is refused if it names what none of its boosters has", () => {
    const refused = { space: { booster: ["gblinear"], depth: [3] }, dataset };
    expect(tuneJobSchema.safeParse(refused).error?.issues[0]?.message).toMatch(
      /gblinear has no such setting/,
    );
    const allowed = { space: { booster: ["gblinear", "gbtree"], depth: [3] }, dataset };
    expect(tuneJobSchema.safeParse(allowed).success).toBe(true);
  });
});

it("tries the job's own settings too if they are not the defaults", () => {
  const { trials } = planTrials(jobOf({ features: { max_features: 321 } }), () => undefined, false);
  expect(trials[1]!.settings).toEqual({});
});
