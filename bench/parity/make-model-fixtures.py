"""Makes packages/shared/test/fixtures/model/*.json: what scikit-learn and XGBoost say of rows, models and metrics.

Needs scikit-learn, xgboost and numpy in any environment, and the built packages (npm run build):
    python bench/parity/make-model-fixtures.py
The tests never run this: they read its committed output.
"""

import json
import pathlib
import subprocess
import warnings

import numpy as np
import sklearn
import xgboost
from sklearn import metrics

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "packages/shared/test/fixtures/model"

TRAIN = """
const { boost } = require("@colaml/shared/learning/model/boosting");
const { ensembleToXgboostJson } = require("@colaml/shared/learning/model/ensemble-json");
const input = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const matrix = { ...input.matrix, nRows: input.labels.length };
boost({ ...input, matrix }).then(({ ensemble }) => process.stdout.write(ensembleToXgboostJson(ensemble)));
"""


def write(name, value):
    versions = {"sklearn": sklearn.__version__, "xgboost": xgboost.__version__, "numpy": np.__version__}
    (FIXTURES / name).write_text(json.dumps({"madeBy": versions, **value}, separators=(",", ":")) + "\n")


def sparse_rows(random, n, columns, classes):
    """Rows with about a third of the cells, and labels that depend on them."""
    present = random.random((n, columns)) < 0.35
    values = random.integers(1, 200, (n, columns)) / 64
    dense = np.where(present, values, np.nan).astype(np.float32)
    scores = np.stack([np.nansum(dense[:, k :: classes], axis=1) for k in range(classes)], axis=1)
    labels = (scores + random.normal(0, 1.0, scores.shape)).argmax(axis=1)
    return dense, labels


def csr(dense):
    indptr, indices, values = [0], [], []
    for row in dense:
        held = np.flatnonzero(~np.isnan(row))
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


def model_case(seed, classes, weights):
    random = np.random.default_rng(seed)
    dense, labels = sparse_rows(random, 240, 9, classes)
    settings = {
        "iterations": 12, "learning_rate": 0.3, "depth": 4, "l2_leaf_reg": 2, "random_seed": 7,
        "early_stopping_rounds": 0, "class_weights": weights,
    }  # fmt: skip
    case = {
        "matrix": csr(dense),
        "labels": labels.tolist(),
        "classes": [f"class {k}" for k in range(classes)],
        "settings": settings,
    }
    model = trained_by_ours(case)
    booster = xgboost.Booster()
    booster.load_model(bytearray(model, "utf8"))
    unlabelled = xgboost.DMatrix(dense, missing=np.nan)
    row_weights = [1.0 if weights == "none" else weights[f"class {label}"] for label in labels]
    own = xgboost.train(
        {
            "objective": "binary:logistic" if classes == 2 else "multi:softprob",
            **({} if classes == 2 else {"num_class": classes}),
            "base_score": 0.5, "tree_method": "exact", "eta": 0.3, "max_depth": 4, "lambda": 2,
        },
        xgboost.DMatrix(dense, labels, weight=row_weights, missing=np.nan),
        12,
    )  # fmt: skip
    contributions = booster.predict(unlabelled, pred_contribs=True, approx_contribs=True)
    return {
        **case,
        "model": model,
        # XGBoost's predictions by our model, and by the model it trained itself on the same rows.
        "predictions": booster.predict(unlabelled).astype(float).round(9).tolist(),
        "margins": booster.predict(unlabelled, output_margin=True).astype(float).round(9).tolist(),
        "ownPredictions": own.predict(unlabelled).astype(float).round(6).tolist(),
        "contributions": contributions[:20].astype(float).round(7).tolist(),
    }


def average_precision(labels, probabilities, classes):
    """Of the positive class; of more than two each against the rest, weighted by their rows."""
    columns = np.asarray(probabilities).reshape(len(labels), -1)
    if len(classes) == 2:
        positive = labels == 1
        score = columns[:, -1]
        return {"average_precision": metrics.average_precision_score(positive, score)} if positive.any() else {}
    shares = [(labels == k).mean() for k in classes]
    scores = [
        share * metrics.average_precision_score(labels == k, columns[:, k])
        for k, share in zip(classes, shares)
        if share > 0
    ]
    return {"average_precision": float(sum(scores))}


def metric_case(name, labels, probabilities, average):
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, float)
    classes = list(range(probabilities.shape[1]))
    predicted = probabilities.argmax(axis=1)
    expected = {"accuracy_score": metrics.accuracy_score(labels, predicted)}
    expected["log_loss"] = metrics.log_loss(labels, probabilities, labels=classes)
    for key in ("precision", "recall", "f1"):
        score = getattr(metrics, f"{key}_score")
        expected[f"{key}_score"] = score(labels, predicted, average=average, zero_division=np.nan if average == "binary" else 0)
    expected["macro_f1"] = metrics.f1_score(labels, predicted, average="macro", zero_division=0)
    expected.update(average_precision(labels, probabilities, classes))
    try:
        if average == "binary":
            auc = metrics.roc_auc_score(labels, probabilities[:, 1])
        else:
            auc = metrics.roc_auc_score(labels, probabilities, average=average, multi_class="ovr", labels=classes)
        expected["roc_auc"] = auc
    except ValueError:
        pass
    expected = {key: float(value) for key, value in expected.items() if not np.isnan(value)}
    return {
        "name": name, "average": average, "labels": labels.tolist(),
        "probabilities": probabilities.ravel().tolist(), "nClasses": len(classes), "expected": expected,
        "confusion": metrics.confusion_matrix(labels, predicted, labels=classes).ravel().tolist(),
    }  # fmt: skip


def metric_cases():
    random = np.random.default_rng(11)
    p = random.random(60)
    ties = np.round(random.random(80), 1)
    two = lambda positive: np.column_stack([1 - positive, positive])
    three = random.dirichlet([1, 1, 1], 90)
    four = np.round(random.dirichlet([2, 1, 1, 0.3], 70), 2)
    four[:, 0] += 1 - four.sum(axis=1)
    unused = random.dirichlet([3, 3, 0.01], 40)
    labels3 = random.integers(0, 3, 90)
    return [
        metric_case("two classes", random.integers(0, 2, 60), two(p), "binary"),
        metric_case("two classes with ties", random.integers(0, 2, 80), two(ties), "binary"),
        metric_case("rare positives", (random.random(60) < 0.1).astype(int), two(p), "binary"),
        metric_case("sure and wrong", [0, 1, 0, 1, 1], two(np.array([0.0, 1.0, 1.0, 0.0, 0.5])), "binary"),
        metric_case("negatives only", [0, 0, 0, 0], two(np.array([0.1, 0.6, 0.2, 0.5])), "binary"),
        metric_case("positives only", [1, 1, 1], two(np.array([0.9, 0.4, 0.7])), "binary"),
        metric_case("none predicted positive", [0, 1, 1, 0], two(np.array([0.1, 0.4, 0.3, 0.2])), "binary"),
        metric_case("three classes, weighted", labels3, three, "weighted"),
        metric_case("three classes, macro", labels3, three, "macro"),
        metric_case("four classes with ties, weighted", random.integers(0, 4, 70), four, "weighted"),
        metric_case("four classes with ties, macro", random.integers(0, 4, 70), four, "macro"),
        metric_case("a class without rows, weighted", random.integers(0, 2, 40), unused, "weighted"),
        metric_case("a class without rows, macro", random.integers(0, 2, 40), unused, "macro"),
    ]


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    FIXTURES.mkdir(parents=True, exist_ok=True)
    # Seeds without two splits of equal gain: XGBoost 0.7 and 3 choose between such splits differently.
    write("xgboost-binary.json", model_case(2, 2, "none"))
    write("xgboost-weighted.json", model_case(2, 2, {"class 0": 0.5, "class 1": 3.0}))
    write("xgboost-multiclass.json", model_case(7, 3, "none"))
    write("xgboost-multiclass-weighted.json", model_case(4, 3, {"class 0": 2.0, "class 1": 1.0, "class 2": 0.25}))
    write("metrics.json", {"cases": metric_cases()})
