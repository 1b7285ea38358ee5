"""Expected values of the monitor's statistics, from scipy, statsmodels and scikit-learn.

    python -m venv /tmp/drift && /tmp/drift/bin/pip install numpy scipy scikit-learn statsmodels
    /tmp/drift/bin/python bench/parity/make-drift-fixtures.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
import scipy
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2, entropy, norm, t
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)
from statsmodels.stats.proportion import proportion_confint

random = np.random.default_rng(42)
OUT = Path(__file__).parents[2] / "packages/monitor-worker/test/fixtures/drift.json"


def distributions():
    cases = []
    for bins in (2, 5, 10, 20):
        for _ in range(3):
            p, q = random.dirichlet(np.ones(bins)), random.dirichlet(np.ones(bins))
            cases.append(
                {
                    "p": p.tolist(),
                    "q": q.tolist(),
                    "psi": float(entropy(p, q) + entropy(q, p)),
                    "jensenShannon": float(jensenshannon(p, q)),
                }
            )
    p, q = [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]
    cases.append({"p": p, "q": q, "jensenShannon": float(jensenshannon(p, q))})
    return cases


def intervals():
    pairs = [(0, 5), (5, 5), (1, 3), (8, 10), (50, 100), (734, 1000), (999_000, 1_000_000)]
    return [
        {"successes": k, "n": n, "interval": [float(v) for v in proportion_confint(k, n, method="wilson")]}
        for k, n in pairs
    ]


def delong(positive, score):
    """DeLong, DeLong and Clarke-Pearson 1988, from the pairwise definition."""
    x, y = score[positive], score[~positive]
    wins = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    variance = wins.mean(axis=1).var(ddof=1) / len(x) + wins.mean(axis=0).var(ddof=1) / len(y)
    half = norm.ppf(0.975) * np.sqrt(variance)
    auc = wins.mean()
    return [float(max(0, auc - half)), float(min(1, auc + half))]


def quality(n_classes, rows):
    probabilities = np.round(random.dirichlet(np.ones(n_classes), rows), 6)
    probabilities[:, -1] = np.round(1 - probabilities[:, :-1].sum(axis=1), 6)
    actual = np.array([random.choice(n_classes, p=row / row.sum()) for row in probabilities])
    predicted = probabilities.argmax(axis=1)
    average = {"average": "binary"} if n_classes == 2 else {"average": "weighted", "zero_division": 0}
    scores = probabilities[:, 1] if n_classes == 2 else probabilities
    kwargs = {} if n_classes == 2 else {"multi_class": "ovr", "average": "weighted"}
    case = {
        "actual": actual.tolist(),
        "predicted": predicted.tolist(),
        "probabilities": probabilities.tolist(),
        "confusion": confusion_matrix(actual, predicted).tolist(),
        "metrics": {
            "accuracy_score": accuracy_score(actual, predicted),
            "precision_score": precision_score(actual, predicted, **average),
            "recall_score": recall_score(actual, predicted, **average),
            "f1_score": f1_score(actual, predicted, **average),
            "roc_auc": roc_auc_score(actual, scores / scores.sum(1, keepdims=True) if n_classes > 2 else scores, **kwargs),
            "log_loss": log_loss(actual, probabilities),
        },
    }
    if n_classes == 2:
        case["rocAucInterval"] = delong(actual == 1, probabilities[:, 1])
    return case


def estimated():
    """CBPE as NannyML defines it: the calibrated probability of each row enters the confusion matrix."""
    x = [0.05, 0.2, 0.45, 0.7, 0.95]
    y = [0.02, 0.3, 0.5, 0.6, 0.9]
    scores = np.round(random.uniform(0, 1, 200), 4)
    calibrated = np.interp(scores, x, y)
    predicted = (scores > 0.5).astype(int)
    tp, fp = calibrated[predicted == 1].sum(), (1 - calibrated[predicted == 1]).sum()
    fn, tn = calibrated[predicted == 0].sum(), (1 - calibrated[predicted == 0]).sum()
    area = roc_auc_score(
        np.r_[np.ones(200), np.zeros(200)], np.r_[scores, scores], sample_weight=np.r_[calibrated, 1 - calibrated]
    )
    return {
        "bins": [{"rows": 1000, "meanProbability": a, "positives": round(1000 * b)} for a, b in zip(x, y)],
        "scores": scores.tolist(),
        "metrics": {
            "accuracy_score": (tp + tn) / 200,
            "precision_score": tp / (tp + fp),
            "recall_score": tp / (tp + fn),
            "f1_score": 2 * tp / (2 * tp + fp + fn),
            "roc_auc": area,
        },
    }


def thresholds():
    """Of large windows, PSI is about a chi-square of bins - 1 times (1/n + 1/m)."""
    return [
        {"bins": bins, "n": n, "m": m, "rate": rate, "psi": float(chi2.ppf(1 - rate, bins - 1) * (1 / n + 1 / m))}
        for bins, n, m, rate in [(10, 5_000, 5_000, 0.01), (20, 50_000, 4_000, 0.002), (2, 20_000, 20_000, 0.01)]
    ]


OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(
    json.dumps(
        {
            "made": f"scipy {scipy.__version__}, scikit-learn {sklearn.__version__}",
            "distributions": distributions(),
            "intervals": intervals(),
            "normalQuantiles": [[s, float(norm.ppf(s))] for s in (1e-6, 0.001, 0.02, 0.3, 0.5, 0.9, 0.975, 0.9999)],
            "studentQuantiles": [
                [s, n, float(t.ppf(s, n))] for n in (1, 2, 3, 4, 9, 19, 200) for s in (1e-7, 2.5e-5, 0.005, 0.1, 0.4, 0.5, 0.975)
            ],
            "binary": quality(2, 300),
            "multiclass": quality(3, 200),
            "estimated": estimated(),
            "thresholds": thresholds(),
        }
    )
    + "\n"
)
