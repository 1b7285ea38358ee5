"""Makes packages/shared/test/fixtures/model/xgboost-linear-*.json: what Python's XGBoost says of linear models.

Needs xgboost and numpy in any environment, and the built packages (npm run build):
    python bench/parity/make-linear-fixtures.py
The tests never run this: they read its committed output.
"""

import json
import pathlib
import subprocess

import numpy as np
import xgboost

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "packages/shared/test/fixtures/model"

TRAIN = """
const { boost } = require("@colaml/shared/learning/model/boosting");
const { ensembleToXgboostJson } = require("@colaml/shared/learning/model/ensemble-json");
const input = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const matrix = { ...input.matrix, nRows: input.labels.length };
boost({ ...input, matrix }).then(({ ensemble }) => process.stdout.write(ensembleToXgboostJson(ensemble)));
"""


def sparse_rows(random, n, columns, classes):
    """Rows of length 1 with about a fifth of the cells, and labels that depend on them."""
    present = random.random((n, columns)) < 0.2
    dense = np.where(present, random.integers(1, 200, (n, columns)) / 64, 0.0)
    dense /= np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-9)
    dense = dense.astype(np.float32)
    scores = np.stack([dense[:, k::classes].sum(axis=1) for k in range(classes)], axis=1)
    labels = (scores + random.normal(0, 0.15, scores.shape)).argmax(axis=1)
    return dense, labels


def csr(dense):
    indptr, indices, values = [0], [], []
    for row in dense:
        held = np.flatnonzero(row)
        indices += held.tolist()
        values += row[held].astype(float).tolist()
        indptr.append(len(indices))
    return {"nColumns": dense.shape[1], "indptr": indptr, "indices": indices, "values": values}


def trained_by_ours(case):
    run = subprocess.run(
        ["node", "-e", TRAIN], input=json.dumps(case), capture_output=True, text=True, check=True,
        cwd=ROOT / "packages/trainer-worker",
    )  # fmt: skip
    return run.stdout


def own_probabilities(rows, labels, weights, settings):
    """XGBoost's own model of label 1 against label 0, by the same parameters."""
    booster = xgboost.train(
        {
            "booster": "gblinear", "updater": "coord_descent", "feature_selector": "cyclic", "nthread": 1,
            "objective": "binary:logistic", "base_score": 0.5, "eta": settings["learning_rate"],
            "lambda": settings["reg_lambda"], "alpha": settings["reg_alpha"],
        },
        xgboost.DMatrix(rows, labels, weight=weights),
        settings["iterations"],
    )  # fmt: skip
    return booster.predict(xgboost.DMatrix(rows)).astype(float)


def one_against_rest(logistic):
    return logistic / logistic.sum(axis=1, keepdims=True)


def write(name, seed, classes, weights, **changes):
    dense, labels = sparse_rows(np.random.default_rng(seed), 240, 40, classes)
    settings = {
        "booster": "gblinear", "iterations": 15, "learning_rate": 0.5, "reg_lambda": 0.0001, "reg_alpha": 0,
        "random_seed": 7, "early_stopping_rounds": 0, "class_weights": weights, **changes,
    }  # fmt: skip
    names = [f"class {k}" for k in range(classes)]
    case = {"matrix": csr(dense), "labels": labels.tolist(), "classes": names, "settings": settings}
    model = trained_by_ours(case)
    booster = xgboost.Booster()
    booster.load_model(bytearray(model, "utf8"))
    rows = xgboost.DMatrix(dense)
    logistic = booster.predict(rows).astype(float)
    row_weights = [1.0 if weights == "none" else weights[names[label]] for label in labels]
    if classes == 2:
        predictions, own = logistic, own_probabilities(dense, labels, row_weights, settings)
    else:
        each = [own_probabilities(dense, labels == k, row_weights, settings) for k in range(classes)]
        predictions, own = one_against_rest(logistic), one_against_rest(np.stack(each, axis=1))
    contributions = booster.predict(rows, pred_contribs=True)
    print(name, "largest difference to XGBoost's own training:", np.abs(predictions - own).max())
    value = {
        "madeBy": {"xgboost": xgboost.__version__, "numpy": np.__version__},
        **case,
        "model": model,
        # XGBoost's predictions by our model, and by the models it trained itself on the same rows.
        "predictions": predictions.round(9).tolist(),
        "margins": booster.predict(rows, output_margin=True).astype(float).round(9).tolist(),
        "ownPredictions": own.round(9).tolist(),
        "contributions": contributions[:20].astype(float).round(7).tolist(),
    }
    (FIXTURES / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    write("xgboost-linear-binary.json", 2, 2, "none")
    write("xgboost-linear-weighted.json", 3, 2, {"class 0": 0.5, "class 1": 3.0}, reg_alpha=0.00002)
    write("xgboost-linear-multiclass.json", 5, 4, {"class 0": 2.0, "class 1": 1.0, "class 2": 0.25, "class 3": 1.0})
