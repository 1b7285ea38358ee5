"""The Python original with its settings: pandas, scikit-learn, CatBoost. Prints one JSON line."""

import json
import resource
import sys

import pandas as pd
from catboost import CatBoostClassifier
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from sklearn.model_selection import train_test_split


def main(path: str) -> dict:
    rows = pd.read_csv(path, usecols=["text", "inbound"], on_bad_lines="skip").dropna(subset=["text", "inbound"])
    labels = (rows["inbound"].astype(str).str.lower() == "true").astype(int)
    rest, test, y_rest, y_test = train_test_split(rows["text"], labels, test_size=0.3, random_state=42)
    train, validation, y_train, y_validation = train_test_split(rest, y_rest, test_size=0.3, random_state=42)
    vectorizer = TfidfVectorizer(
        max_features=100, lowercase=True, stop_words=list(ENGLISH_STOP_WORDS), token_pattern=r"\b\w+\b"
    )
    x_train = vectorizer.fit_transform(train)
    x_validation = vectorizer.transform(validation)
    x_test = vectorizer.transform(test)
    model = CatBoostClassifier(
        iterations=50, learning_rate=0.05, depth=6, l2_leaf_reg=3, random_seed=42, verbose=False,
        allow_writing_files=False,
    )
    model.fit(x_train, y_train, eval_set=(x_validation, y_validation), use_best_model=False)
    probabilities = model.predict_proba(x_test)[:, 1]
    predicted = (probabilities > 0.5).astype(int)
    return {
        "rows": len(rows),
        "accuracy": accuracy_score(y_test, predicted),
        "f1": f1_score(y_test, predicted),
        "rocAuc": roc_auc_score(y_test, probabilities),
    }


result = main(sys.argv[1])
usage = resource.getrusage(resource.RUSAGE_SELF)
result["cpuSeconds"] = usage.ru_utime + usage.ru_stime
result["peakMb"] = usage.ru_maxrss / 1024
print(json.dumps(result))
