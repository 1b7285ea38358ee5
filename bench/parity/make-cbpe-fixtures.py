"""Expected values of quality without labels, from NannyML itself.

    python -m venv /tmp/cbpe && /tmp/cbpe/bin/pip install nannyml==0.13.1 statsmodels "pandas<3" "numpy<2.3"
    /tmp/cbpe/bin/python bench/parity/make-cbpe-fixtures.py
"""

import json
from pathlib import Path

import nannyml
import numpy as np
import pandas as pd
from nannyml.performance_estimation.confidence_based import metrics as estimate
from sklearn.metrics import accuracy_score, roc_auc_score

random = np.random.default_rng(42)
OUT = Path(__file__).parents[2] / "packages/monitor-worker/test/fixtures/cbpe.json"
METRICS = {"accuracy_score": "accuracy", "precision_score": "precision", "recall_score": "recall", "f1_score": "f1", "roc_auc": "roc_auc"}


def rows(n, a, b):
    """A model that is too sure of itself: the odds of its scores are the true odds to the power 1.6."""
    odds = (lambda p: p / (1 - p))(random.beta(a, b, n)) ** 1.6
    # No score twice: NannyML breaks ties by order.
    score = random.permutation(np.unique(np.round(odds / (1 + odds), 5)).clip(0.00001, 0.99999))
    back = (score / (1 - score)) ** (1 / 1.6)
    actual = (random.uniform(size=len(score)) < back / (1 + back)).astype(int)
    return score, (score > 0.5).astype(int), actual


def bins_of(score, actual):
    """What the trainer stores: ten equal bins of probability."""
    bin_ = np.minimum(9, np.floor(score * 10).astype(int))
    return [
        {"rows": int((bin_ == i).sum()), "meanProbability": float(score[bin_ == i].mean()), "positives": int(actual[bin_ == i].sum())}
        for i in range(10)
    ]


def by_definition(bins, score, predicted):
    """NannyML's estimates, given the calibrated chances."""
    x = [each["meanProbability"] for each in bins]
    y = [each["positives"] / each["rows"] for each in bins]
    assert y == sorted(y), "the shares must rise: pooling is not what is tested here"
    chance = np.interp(score, x, y)
    of = {name: getattr(estimate, f"estimate_{metric}") for name, metric in METRICS.items()}
    return {name: float(f(chance, score) if name == "roc_auc" else f(predicted, chance)) for name, f in of.items()}


def by_nannyml(reference, window):
    """All of CBPE: NannyML calibrates by itself, by isotonic regression on the reference rows."""
    frame = lambda score, predicted, actual: pd.DataFrame({"score": score, "predicted": predicted, "actual": actual})
    cbpe = nannyml.CBPE(
        metrics=list(METRICS.values()),
        y_pred_proba="score",
        y_pred="predicted",
        y_true="actual",
        problem_type="classification_binary",
        chunk_number=1,
    ).fit(frame(*reference))
    found = cbpe.estimate(frame(*window)[["score", "predicted"]]).filter(period="analysis").to_df()
    return {name: float(found[(metric, "value")].iloc[0]) for name, metric in METRICS.items()}


reference = rows(20_000, 0.8, 0.7)
window = rows(1_200, 1.6, 1.1)
score, predicted, actual = window
bins = bins_of(reference[0], reference[2])
OUT.write_text(
    json.dumps(
        {
            "made": f"nannyml {nannyml.__version__}",
            "bins": bins,
            "scores": score.tolist(),
            "byDefinition": by_definition(bins, score, predicted),
            "byNannyml": by_nannyml(reference, window),
            "realised": {"accuracy_score": accuracy_score(actual, predicted), "roc_auc": roc_auc_score(actual, score)},
        }
    )
    + "\n"
)
