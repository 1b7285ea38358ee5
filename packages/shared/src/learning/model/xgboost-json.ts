import { z } from "zod";
import { ColaError } from "../../errors/cola-error";
import { checkEnsemble } from "./ensemble-check";
import { floatsJson, shortestFloat32 } from "./float32-text";
import type { Tree, TreeEnsemble } from "./tree-ensemble";
import { writtenCount } from "./xgboost-count";

/** How XGBoost's JSON writes "no parent". */
const NO_PARENT = 2147483647;
/** Stands for the trees until they are put in as text. */
const TREES = "<trees>";

const integers = (values: ArrayLike<number>): string => `[${Array.from(values).join()}]`;

/**
 * The ensemble in XGBoost's JSON model format (schema version 2.0.0), which XGBoost 1.6 and later load.
 * Absent features must reach XGBoost as missing (sparse rows, or a DMatrix with its own missing marker).
 * Format: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html
 */
export function treesToXgboostJson(ensemble: TreeEnsemble): string {
  const { trees, nGroups, nFeatures, objective } = ensemble;
  const rounds = trees.length / nGroups;
  const frame = JSON.stringify({
    learner: {
      attributes: {},
      feature_names: [],
      feature_types: [],
      gradient_booster: {
        model: {
          gbtree_model_param: { num_parallel_tree: "1", num_trees: String(trees.length) },
          iteration_indptr: Array.from({ length: rounds + 1 }, (_, i) => i * nGroups),
          tree_info: trees.map((tree) => tree.group),
          trees: TREES,
        },
        name: "gbtree",
      },
      learner_model_param: {
        base_score: String(baseScore(ensemble)),
        boost_from_average: "0",
        num_class: String(nGroups > 1 ? nGroups : 0),
        num_feature: String(nFeatures),
        num_target: "1",
      },
      objective:
        objective === "binary:logistic"
          ? { name: objective, reg_loss_param: { scale_pos_weight: "1" } }
          : { name: objective, softmax_multiclass_param: { num_class: String(nGroups) } },
    },
    version: [2, 0, 0],
  });
  const listed = trees.map((tree, id) => treeToJson(tree, id, nFeatures));
  return frame.replace(JSON.stringify(TREES), () => `[${listed.join()}]`);
}

/** XGBoost keeps the starting point as a probability for binary models, as it is for others. */
function baseScore({ objective, baseMargin }: TreeEnsemble): number {
  return objective === "binary:logistic" ? 1 / (1 + Math.exp(-baseMargin)) : shortestFloat32(baseMargin);
}

function parentsOf({ left, right }: Tree): number[] {
  const parents = new Array<number>(left.length).fill(NO_PARENT);
  for (let node = 0; node < left.length; node++) {
    if (left[node] === -1) continue;
    parents[left[node]!] = node;
    parents[right[node]!] = node;
  }
  return parents;
}

function treeToJson(tree: Tree, id: number, nFeatures: number): string {
  const nNodes = tree.left.length;
  const zeros = new Uint8Array(nNodes);
  const fields: [name: string, json: string][] = [
    ["base_weights", floatsJson(zeros)],
    ["categories", "[]"],
    ["categories_nodes", "[]"],
    ["categories_segments", "[]"],
    ["categories_sizes", "[]"],
    ["default_left", integers(tree.defaultLeft)],
    ["id", String(id)],
    ["left_children", integers(tree.left)],
    ["loss_changes", floatsJson(tree.gain)],
    ["parents", integers(parentsOf(tree))],
    ["right_children", integers(tree.right)],
    ["split_conditions", floatsJson(tree.value)],
    ["split_indices", integers(tree.feature)],
    ["split_type", integers(zeros)],
    ["sum_hessian", floatsJson(tree.cover)],
    [
      "tree_param",
      `{"num_deleted":"0","num_feature":"${nFeatures}","num_nodes":"${nNodes}","size_leaf_vector":"1"}`,
    ],
  ];
  return `{${fields.map(([name, json]) => `"${name}":${json}`).join()}}`;
}

const numbers = z.array(z.number());
/** More would become another number in an array of 32 bits. */
const wholeNumbers = z.array(z.int32());
const flags = z.array(z.union([z.literal([0, 1]), z.boolean()]));
/** Numerical splits: of categories this reader knows nothing. */
const numericalSplits = z.array(z.literal(0, "splits by categories are not supported")).optional();
const schema = z.object({
  learner: z.object({
    gradient_booster: z.object({
      name: z.literal("gbtree"),
      model: z.object({
        tree_info: wholeNumbers,
        trees: z.array(
          z.object({
            default_left: flags,
            left_children: wholeNumbers,
            loss_changes: numbers,
            right_children: wholeNumbers,
            split_conditions: numbers,
            split_indices: wholeNumbers,
            split_type: numericalSplits,
            sum_hessian: numbers,
          }),
        ),
      }),
    }),
    learner_model_param: z.object({
      base_score: z.string(),
      num_class: writtenCount,
      num_feature: writtenCount,
      num_target: z.literal("1", "several targets in one tree are not supported").optional(),
    }),
    objective: z.object({ name: z.enum(["binary:logistic", "multi:softprob"]) }),
  }),
});

/**
 * The ensemble in a JSON model of XGBoost, every index and number checked.
 *
 * @throws ColaError MODEL_CORRUPT naming what is wrong
 */
export function treesFromJson(json: unknown): TreeEnsemble {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new ColaError("MODEL_CORRUPT", `not an XGBoost model: ${issue.path.join(".")}: ${issue.message}`);
  }
  const { gradient_booster: booster, learner_model_param: param, objective } = parsed.data.learner;
  const { tree_info: groups, trees } = booster.model;
  if (groups.length !== trees.length) {
    const what = `tree_info names the groups of ${groups.length} trees, there are ${trees.length}`;
    throw new ColaError("MODEL_CORRUPT", `not an XGBoost model: ${what}`);
  }
  const base = Number(param.base_score.replace(/^\[|\]$/g, ""));
  const ensemble: TreeEnsemble = {
    objective: objective.name,
    nFeatures: Number(param.num_feature),
    nGroups: Math.max(1, Number(param.num_class)),
    baseMargin: Math.fround(objective.name === "binary:logistic" ? Math.log(base / (1 - base)) : base),
    trees: trees.map((tree, i) => ({
      group: groups[i]!,
      left: Int32Array.from(tree.left_children),
      right: Int32Array.from(tree.right_children),
      feature: Int32Array.from(tree.split_indices),
      value: Float32Array.from(tree.split_conditions),
      defaultLeft: Uint8Array.from(tree.default_left, Number),
      gain: Float32Array.from(tree.loss_changes),
      cover: Float32Array.from(tree.sum_hessian),
    })),
  };
  checkEnsemble(ensemble);
  return ensemble;
}
