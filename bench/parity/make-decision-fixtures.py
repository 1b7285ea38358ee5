"""Expected values of calibration, thresholds and coverage, from scikit-learn.

    .colaml/python-test/bin/python bench/parity/make-decision-fixtures.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV, _SigmoidCalibration
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import confusion_matrix, f1_score, log_loss, precision_recall_curve, precision_score, recall_score

random = np.random.default_rng(7)
OUT = Path(__file__).parents[2] / "packages/trainer-worker/test/fixtures/decisions.json"


def logit(p):
    p = np.clip(p, 2.0**-24, 1 - 2.0**-24)
    return np.log(p / (1 - p))


class Given(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose features are its probabilities; with `logits` it has a decision function instead."""

    def __init__(self, n_classes=2):
        self.n_classes = n_classes
        self.classes_ = np.arange(n_classes)

    def fit(self, X, y):
        return self

    def predict(self, X):
        return X.argmax(axis=1)

    def predict_proba(self, X):
        return X


class GivenLogits(Given):
    """`CalibratedClassifierCV` prefers a decision function: the logits, as we take them."""

    def decision_function(self, X):
        return logit(X[:, 1]) if X.shape[1] == 2 else logit(X)


def binary(n, digits):
    """An over-confident model: the true odds are its odds to the power 0.6. Rounded, so that scores tie."""
    p = random.beta(0.5, 0.8, n).round(digits).clip(0, 1)
    odds = np.exp(0.6 * logit(p) - 0.4)
    return p, (random.uniform(size=n) < odds / (1 + odds)).astype(int)


def multiclass(n, k):
    raw = random.dirichlet(np.full(k, 0.4), n)
    true = raw**0.6
    true /= true.sum(axis=1, keepdims=True)
    y = np.array([random.choice(k, p=row) for row in true])
    return raw.astype(np.float32).astype(np.float64), y


def ece(confidence, right, bins=15):
    """Guo et al. (2017): bins (i/15, (i+1)/15]."""
    total = 0.0
    for i in range(bins):
        inside = (confidence > i / bins) & (confidence <= (i + 1) / bins)
        if inside.any():
            total += inside.sum() * abs(confidence[inside].mean() - right[inside].mean())
    return total / len(confidence)


def calibration(p, y, ask):
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(p, y)
    sigmoid = _SigmoidCalibration().fit(logit(p), y)
    return {
        "isotonic": {
            "x": isotonic.X_thresholds_.tolist(),
            "y": isotonic.y_thresholds_.tolist(),
            "predicted": isotonic.predict(ask).tolist(),
        },
        "sigmoid": {
            "slope": -float(sigmoid.a_),
            "intercept": -float(sigmoid.b_),
            "predicted": sigmoid.predict(logit(ask)).tolist(),
        },
    }


def of_classes(p, y, ask):
    of = lambda estimator, method: CalibratedClassifierCV(FrozenEstimator(estimator(p.shape[1])), method=method, cv=2, ensemble=False).fit(p, y)
    return {
        "isotonic": of(Given, "isotonic").predict_proba(ask).tolist(),
        "sigmoid": of(GivenLogits, "sigmoid").predict_proba(ask).tolist(),
    }


def thresholds(p, y):
    precision, recall, cut = precision_recall_curve(y, p)
    precision, recall = precision[:-1], recall[:-1]
    f1 = np.array([f1_score(y, p >= t) for t in cut])
    at = lambda i: {"least": float(cut[i]), "precision": float(precision[i]), "recall": float(recall[i]), "f1": float(f1[i])}
    precise = np.flatnonzero(precision >= 0.8)
    found = np.flatnonzero(recall >= 0.9)
    costs = np.array([[0.0, 1.0], [5.0, 0.0]])
    cost = np.array([(confusion_matrix(y, p >= t) * costs).sum() for t in cut])
    return {
        "f1": at(int(f1.argmax())),
        "precision": at(int(precise[recall[precise].argmax()])),
        "recall": at(int(found[precision[found].argmax()])),
        "cost": {**at(int(cost.argmin())), "mean": float(cost.min() / len(y))},
    }


def coverage(p, y):
    confidence = p.max(axis=1)
    right = p.argmax(axis=1) == y
    levels = np.unique(confidence)[::-1]
    kept = [confidence >= level for level in levels]
    return {
        "confidence": levels.tolist(),
        "coverage": [float(rows.mean()) for rows in kept],
        "accuracy": [float(right[rows].mean()) for rows in kept],
        "ece": float(ece(confidence, right)),
        "logLoss": float(log_loss(y, p)),
    }


def decided(p, y, t):
    """The rule by numpy: the highest probability divided by threshold; scores by scikit-learn."""
    labels = (p / t).argmax(axis=1)
    score = lambda f, average: float(f(y, labels, average=average, zero_division=0))
    return {
        "thresholds": t.tolist(),
        "labels": labels.tolist(),
        "precision": score(precision_score, "weighted"),
        "recall": score(recall_score, "weighted"),
        "f1": score(f1_score, "weighted"),
        "macro_f1": score(f1_score, "macro"),
        "argmax_macro_f1": float(f1_score(y, p.argmax(axis=1), average="macro")),
    }


p, y = binary(600, 3)
ask = np.array([0, 1e-9, 0.004, 0.1, 0.25, 0.3337, 0.5, 0.75, 0.9, 0.999, 1 - 2**-24, 1]).astype(np.float32).astype(np.float64)
q, z = multiclass(400, 3)
asked = random.dirichlet(np.full(3, 0.5), 20).astype(np.float32).astype(np.float64)
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(
    json.dumps(
        {
            "made": f"scikit-learn {sklearn.__version__}",
            "binary": {"scores": p.tolist(), "labels": y.tolist(), "ask": ask.tolist(), **calibration(p, y, ask), "thresholds": thresholds(p, y)},
            "classes": {
                "probabilities": q.tolist(),
                "labels": z.tolist(),
                "ask": asked.tolist(),
                **of_classes(q, z, asked),
                "coverage": coverage(q, z),
                "decided": decided(q, z, np.array([0.2, 0.45, 0.35])),
            },
        }
    )
    + "\n"
)
