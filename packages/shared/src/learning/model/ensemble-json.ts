import { ColaError } from "../../errors/cola-error";
import { type Ensemble, isLinear } from "./ensemble";
import { linearFromJson, linearToXgboostBytes, linearToXgboostJson } from "./linear-json";
import { treesFromJson, treesToXgboostJson } from "./xgboost-json";

/** A model in XGBoost's JSON format: see `treesToXgboostJson` and `linearToXgboostJson`. */
export function ensembleToXgboostJson(ensemble: Ensemble): string {
  return isLinear(ensemble) ? linearToXgboostJson(ensemble) : treesToXgboostJson(ensemble);
}

/** The same as bytes, made such that the event loop lives on even if there are millions of weights. */
export async function ensembleToXgboostBytes(ensemble: Ensemble): Promise<Buffer> {
  return isLinear(ensemble) ? linearToXgboostBytes(ensemble) : Buffer.from(treesToXgboostJson(ensemble));
}

/**
 * The trees or the linear model in a JSON model of XGBoost, every number checked.
 *
 * @throws ColaError MODEL_CORRUPT naming what is wrong
 */
export function ensembleFromXgboostJson(text: string): Ensemble {
  const json = parseJson(text);
  return boosterOf(json) === "gblinear" ? linearFromJson(json) : treesFromJson(json);
}

function boosterOf(json: unknown): unknown {
  const model = json as { learner?: { gradient_booster?: { name?: unknown } } } | null;
  return model?.learner?.gradient_booster?.name;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ColaError("MODEL_CORRUPT", "the XGBoost model is not JSON");
  }
}
