import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { ColaError } from "../../errors/cola-error";
import { floatElements, floatsJson } from "./float32-text";
import type { LinearEnsemble } from "./linear-ensemble";
import { MODEL_LIMITS } from "./model-limits";
import { writtenCount } from "./xgboost-count";

/** Stands for the weights until they are put in as text. */
const WEIGHTS = "<weights>";

/** Weights that are written between two turns of the event loop: some 50 ms. */
const PIECE = 50_000;

/**
 * A linear model in XGBoost's JSON model format, which XGBoost 1.7 and later load. The weights of a feature stand side
 * by side, one per group, the biases last. More than two classes are several targets (`num_target`) of one logistic
 * model: XGBoost then predicts each class against the rest, and our probabilities are its predictions divided by their
 * sum per row.
 */
export function linearToXgboostJson(ensemble: LinearEnsemble): string {
  return frameOf(ensemble).replace(JSON.stringify(WEIGHTS), () => floatsJson(allWeights(ensemble)));
}

/** The same bytes, made in pieces: millions of weights take seconds, in which the event loop lives on. */
export async function linearToXgboostBytes(ensemble: LinearEnsemble): Promise<Buffer> {
  const [before, after] = frameOf(ensemble).split(JSON.stringify(WEIGHTS)) as [string, string];
  const weights = allWeights(ensemble);
  const pieces = [Buffer.from(`${before}[`)];
  for (let from = 0; from < weights.length; from += PIECE) {
    const separator = from === 0 ? "" : ",";
    pieces.push(Buffer.from(separator + floatElements(weights.subarray(from, from + PIECE))));
    await setImmediate();
  }
  pieces.push(Buffer.from(`]${after}`));
  return Buffer.concat(pieces);
}

/** The document with a mark in the place of the weights. */
function frameOf({ objective, nFeatures, nGroups, baseMargin, rounds }: LinearEnsemble): string {
  return JSON.stringify({
    learner: {
      attributes: {},
      feature_names: [],
      feature_types: [],
      gradient_booster: { model: { boosted_rounds: rounds, weights: WEIGHTS }, name: "gblinear" },
      learner_model_param: {
        base_score: String(1 / (1 + Math.exp(-baseMargin))),
        boost_from_average: "0",
        num_class: "0",
        num_feature: String(nFeatures),
        num_target: String(nGroups),
      },
      objective: { name: objective, reg_loss_param: { scale_pos_weight: "1" } },
    },
    version: [2, 0, 0],
  });
}

function allWeights({ weights, bias, nGroups }: LinearEnsemble): Float32Array {
  const all = new Float32Array(weights.length + nGroups);
  all.set(weights);
  all.set(bias, weights.length);
  return all;
}

const schema = z.object({
  learner: z.object({
    gradient_booster: z.object({
      name: z.literal("gblinear"),
      model: z.object({ boosted_rounds: z.number().int().min(0), weights: z.array(z.number()) }),
    }),
    learner_model_param: z.object({
      base_score: z.string(),
      num_class: z.literal("0", "several classes are several targets").optional(),
      num_target: writtenCount,
      num_feature: writtenCount,
    }),
    objective: z.object({ name: z.literal("binary:logistic") }),
  }),
});

/**
 * The linear model in a JSON model of XGBoost: counts, lengths and every number checked.
 *
 * @throws ColaError MODEL_CORRUPT naming what is wrong
 */
export function linearFromJson(json: unknown): LinearEnsemble {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new ColaError("MODEL_CORRUPT", `not an XGBoost model: ${issue.path.join(".")}: ${issue.message}`);
  }
  const { gradient_booster: booster, learner_model_param: param, objective } = parsed.data.learner;
  const nFeatures = Number(param.num_feature);
  const nGroups = Number(param.num_target);
  const base = Number(param.base_score.replace(/^\[|\]$/g, ""));
  const baseMargin = Math.fround(Math.log(base / (1 - base)));
  const all = Float32Array.from(booster.model.weights);
  if (!Number.isInteger(nFeatures) || nFeatures < 1) refuse(`${param.num_feature} features`);
  if (!Number.isInteger(nGroups) || nGroups < 1) refuse(`${param.num_target} groups`);
  if (booster.model.boosted_rounds > MODEL_LIMITS.rounds)
    refuse(`${booster.model.boosted_rounds} rounds, more than ${MODEL_LIMITS.rounds}`);
  if (!Number.isFinite(baseMargin)) refuse("the base score is not a probability between 0 and 1");
  if (all.length !== (nFeatures + 1) * nGroups)
    refuse(`${all.length} weights for ${nFeatures} features and a bias in ${nGroups} groups`);
  all.forEach((weight, i) => {
    if (!Number.isFinite(weight)) refuse(`weight ${i} is not a finite number`);
    if (Math.abs(weight) > MODEL_LIMITS.margin) refuse(`weight ${i} is beyond ${MODEL_LIMITS.margin}`);
  });
  return {
    objective: objective.name,
    nFeatures,
    nGroups,
    baseMargin,
    weights: all.slice(0, nFeatures * nGroups),
    bias: all.slice(nFeatures * nGroups),
    rounds: booster.model.boosted_rounds,
  };
}

function refuse(what: string): never {
  throw new ColaError("MODEL_CORRUPT", `the linear model is damaged: ${what}`);
}
