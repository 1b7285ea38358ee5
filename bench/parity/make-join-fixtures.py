"""Expected values of checks whose labels do not fit, from scikit-learn (foreign labels) and pandas (joins by id).

    python -m venv /tmp/join && /tmp/join/bin/pip install numpy pandas scikit-learn
    /tmp/join/bin/python bench/parity/make-join-fixtures.py
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score

OUT = Path(__file__).parents[2] / "packages/monitor-worker/test/fixtures/joins.json"
METRICS = {"precision_score": precision_score, "recall_score": recall_score, "f1_score": f1_score}
random = np.random.default_rng(7)


def foreign(classes, foreign_names, share):
    """Rows of which a share has a label that is not a class of the model."""
    n = 240
    probabilities = np.round(random.dirichlet(np.ones(len(classes)), n), 6)
    probabilities[:, -1] = np.round(1 - probabilities[:, :-1].sum(axis=1), 6)
    predicted = np.array(classes)[probabilities.argmax(axis=1)]
    actual = np.where(random.random(n) < 0.75, predicted, random.choice(classes, n))
    actual = np.where(random.random(n) < share, random.choice(foreign_names, n), actual)
    # a third label makes `average="binary"` an error; of one label only "micro" is the same number
    how = (
        {"labels": [classes[1]], "average": "micro"}
        if len(classes) == 2
        else {"average": "weighted"}
    )
    labels = [*classes, *foreign_names]
    counts = confusion_matrix(actual, predicted, labels=labels)
    known = len(classes)
    return {
        "classes": classes,
        "actual": actual.tolist(),
        "predicted": predicted.tolist(),
        "probabilities": probabilities.tolist(),
        "foreign": int((~np.isin(actual, classes)).sum()),
        "confusion": [*counts[:known, :known].tolist(), counts[known:, :known].sum(axis=0).tolist()],
        "metrics": {
            "accuracy_score": accuracy_score(actual, predicted),
            **{name: metric(actual, predicted, zero_division=0, **how) for name, metric in METRICS.items()},
        },
    }


def reviews():
    """Reviews as an airline's file has them: ids of 18 digits, some of them twice, which a spreadsheet shortens."""
    n = 600
    ids = 567588278875213000 + np.arange(n) * 4_567_890_123
    # 40 ids stand on two different rows
    ids[n - 40 :] = ids[:40]
    actual = random.choice(["negative", "neutral", "positive"], n, p=[0.62, 0.22, 0.16])
    predicted = np.where(random.random(n) < 0.7, actual, random.choice(["negative", "neutral", "positive"], n))
    rows = pd.DataFrame({"id": [str(i) for i in ids], "actual": actual, "predicted": predicted})
    unique = rows[~rows["id"].duplicated(keep=False)]
    by_id = rows.drop_duplicates("id", keep="last").set_index("id")["actual"]
    return {
        "rows": rows.to_dict("list"),
        "byRow": float((rows["actual"] == rows["predicted"]).mean()),
        "uniqueIds": {"n": len(unique), "accuracy": float((unique["actual"] == unique["predicted"]).mean())},
        "lastRowWins": float((rows["id"].map(by_id) == rows["predicted"]).mean()),
    }


OUT.write_text(
    json.dumps(
        {
            "made": f"scikit-learn {sklearn.__version__}, pandas {pd.__version__}",
            "foreign": {
                "binary": foreign(["0", "1"], ["0.0", "2"], 0.6),
                "multiclass": foreign(["a", "b", "c"], ["d", "A"], 0.2),
            },
            "reviews": reviews(),
        }
    )
    + "\n"
)
