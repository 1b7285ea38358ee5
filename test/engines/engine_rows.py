"""The Python side of `npm run test:engines`.

    engine_rows.py parquet CSV OUT             rows of a CSV as Parquet: id and text, a missing text as null
    engine_rows.py time EXAMPLE MODEL IN OUT   runs an example twice in this process; seconds of each run as JSON
    engine_rows.py compare INPUT ANSWERS CSV   an engine's answers beside the output of `cola predict`, as JSON
"""

import importlib
import json
import sys
import time

import numpy as np
import pandas as pd

ID, TEXT = "tweet_id", "text"


def to_parquet(source, target):
    rows = pd.read_csv(source, usecols=[ID, TEXT], dtype={TEXT: str})
    # Several row groups: both engines then have more than one piece of work.
    rows.to_parquet(target, row_group_size=10_000, index=False)


def run_twice(example, model_uri, source, target):
    """The second run finds the engine, and with Spark its Python workers, started. The example is on PYTHONPATH."""
    main = importlib.import_module(example).main
    seconds = []
    for run in range(2):
        start = time.perf_counter()
        main(model_uri, source, f"{target}-{run}")
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))


def compare(source, answers, predicted):
    """Every row of the input has one row of answers: that of `cola predict`, or nulls if it has no text."""
    given = pd.read_parquet(source).set_index(ID)
    got = pd.read_parquet(answers).set_index(ID).loc[given.index]
    ours = pd.read_csv(predicted, dtype={"label": str}, keep_default_na=False).set_index("id")
    classes = [name for name in ours.columns if name.startswith("probability_")]
    has_text = given[TEXT].notna()
    scored = got[has_text]
    unanswered = got[~has_text][["label", *classes]].isna().all().all()
    report = {
        "rows": len(given),
        "nulls": int((~has_text).sum()),
        "sameRows": list(scored.index) == list(ours.index) and len(got) == len(given),
        "nullsUnanswered": bool(unanswered),
        "labelsThatDiffer": int((scored["label"].to_numpy() != ours["label"].to_numpy()).sum()),
        "probabilityDifference": float(np.abs(scored[classes].to_numpy() - ours[classes].to_numpy()).max()),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    {"parquet": to_parquet, "time": run_twice, "compare": compare}[sys.argv[1]](*sys.argv[2:])
