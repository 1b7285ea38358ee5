"""The rows of a labelled file, split as ColaML splits them: 30% test, then 30% of the rest validation."""

import pandas as pd
from sklearn.model_selection import train_test_split


def read_parts(path: str, text: str, label: str, seed: int = 42):
    """Training, validation and test rows, each as (texts, labels)."""
    rows = pd.read_csv(path, usecols=[text, label], dtype=str, on_bad_lines="skip").dropna()
    rows = rows[(rows[text].str.strip() != "") & (rows[label].str.strip() != "")]
    # ColaML reads `true` and `TRUE` as one label.
    labels = rows[label].str.strip().map(lambda value: {"true": "True", "false": "False"}.get(value.lower(), value))
    rest, test, y_rest, y_test = train_test_split(rows[text], labels, test_size=0.3, random_state=seed)
    train, validation, y_train, y_validation = train_test_split(rest, y_rest, test_size=0.3, random_state=seed)
    return (train, y_train), (validation, y_validation), (test, y_test)
