"""Scores a ColaML model in Python: needs numpy and pandas alone, which mlflow brings.

MLflow calls `_load_pyfunc` with the model's `data` folder. Labels and probabilities are those of ColaML's own
workers: the same tokens, the same TF-IDF, leaves summed in float32 in tree order, or weight times value in column
order.
"""

import decimal
import hashlib
import json
import math
import os
import re
import unicodedata

import numpy as np
import pandas as pd

_MAX_CELLS = 8_000_000


def _load_pyfunc(data_path, model_config=None):
    """`model_config` is what MLmodel holds below `config`, with what the caller of `load_model` changed."""
    return ColamlModel(data_path, **(model_config or {}))


def _read(data_path, name):
    with open(os.path.join(data_path, name), "rb") as file:
        return file.read()


def _check_files(data_path):
    manifest = json.loads(_read(data_path, "manifest.json"))
    for entry in manifest["files"]:
        content = _read(data_path, entry["path"])
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise ValueError(f"model file {entry['path']} is damaged: its sha256 is not the manifest's")


class ColamlModel:
    """`predict` takes a DataFrame with the text columns (or a list of texts) and gives a row per text.

    With the setting `output` at "frame": `label` as its text, `decision` if the model has a decision rule (a class by
    its thresholds, or the word for abstaining), and `probability_<class>` for each class. At "label":
    a series of labels as the training file held them (bool, int or text), which is what scikit-learn and
    `mlflow.models.evaluate` compare with. A row without a text has no answer: a missing label, NaN probabilities.
    """

    def __init__(self, data_path, output="frame"):
        if output not in ("frame", "label"):
            raise ValueError(f'output is {output!r}: allowed are "frame" and "label"')
        _check_files(data_path)
        bundle = json.loads(_read(data_path, "bundle.json"))
        if bundle["formatVersion"] not in (1, 2, 3):
            raise ValueError(f"model format {bundle['formatVersion']} is not known: this loader reads 1 to 3")
        self.output = output
        self.classes = bundle["classes"]
        text = bundle["columns"]["text"]
        # Several columns make one text, a line end between them.
        self.text_columns = [text] if isinstance(text, str) else text
        self.parts = _parts(bundle)
        self.ensemble = _ensemble(json.loads(_read(data_path, "model.xgb.json")))
        self.calibration = bundle.get("calibration")
        self.decision = bundle.get("decision")

    def predict(self, model_input, params=None):
        texts, index = self._texts(model_input)
        probabilities = np.full((len(texts), len(self.classes)), np.nan)
        rows = np.flatnonzero([text is not None for text in texts])
        # Rows in steps: a step of wide vocabularies stays at some tens of MB.
        step = max(1, min(5000, _MAX_CELLS // self.ensemble.cells))
        for start in range(0, len(rows), step):
            at = rows[start : start + step]
            scored = self._probabilities([texts[row] for row in at])
            probabilities[at] = _calibrated(self.calibration, scored) if self.calibration else scored
        if self.output == "label":
            return _typed_labels(self.classes, probabilities, index)
        frame = pd.DataFrame({"label": pd.Series(_labels(self.classes, probabilities), dtype=object)})
        if self.decision is not None:
            frame["decision"] = pd.Series(_decisions(self.decision, self.classes, probabilities), dtype=object)
        for i, name in enumerate(self.classes):
            frame[f"probability_{name}"] = probabilities[:, i]
        if index is not None:
            frame.index = index
        return frame

    def _texts(self, model_input):
        """The texts as a list, None where there is none, and the index of the frame or series they came in."""
        values, index = model_input, None
        if isinstance(values, pd.DataFrame):
            missing = [name for name in self.text_columns if name not in values.columns]
            if not missing:
                values = self._joined(values)
            elif values.shape[1] == 1:
                values = values.iloc[:, 0]
            else:
                names = ", ".join(map(str, values.columns))
                raise ValueError(f"there is no column {missing[0]!r}: columns are {names}")
        if isinstance(values, pd.Series):
            index = values.index
        elif isinstance(values, str):
            values = [values]
        elif isinstance(values, dict):
            if any(isinstance(values.get(name), str) for name in self.text_columns):
                values = [values]
            elif len(self.text_columns) == 1:
                values = values.get(self.text_columns[0], [])
            else:
                values = self._joined(pd.DataFrame({name: values.get(name) for name in self.text_columns}))
        elif isinstance(values, np.ndarray):
            values = values.ravel()
        texts = list(values)
        if set(map(type, texts)) <= {str}:
            return texts, index
        return [
            self._text_of_record(row, value) if isinstance(value, dict) else _text_of(row, value)
            for row, value in enumerate(texts)
        ], index

    def _joined(self, frame):
        """The texts of a frame that has every text column, as a series with its index."""
        if len(self.text_columns) == 1:
            return frame[self.text_columns[0]]
        columns = zip(*(frame[name] for name in self.text_columns))
        texts = [self._text_of_record(row, dict(zip(self.text_columns, cells))) for row, cells in enumerate(columns)]
        return pd.Series(texts, index=frame.index, dtype=object)

    def _text_of_record(self, row, record):
        """A part that is missing is empty; None if every part is."""
        parts = [_text_of(row, record.get(name)) for name in self.text_columns]
        if len(parts) == 1:
            return parts[0]
        kept = ["" if part is None or part.isspace() else part for part in parts]
        return "\n".join(kept) if any(kept) else None

    def _probabilities(self, texts):
        rows, columns, values = map(np.concatenate, zip(*(part.values(texts) for part in self.parts)))
        by_row = np.argsort(rows, kind="stable")
        values = values[by_row].astype(np.float32)
        return self.ensemble.probabilities(len(texts), rows[by_row], columns[by_row], values)


def _parts(bundle):
    """The vectorizers of a bundle: one, or those of a union, side by side in the order of their columns."""
    settings = bundle["features"]
    analyzers = settings.get("analyzer", "word")
    is_union = isinstance(analyzers, list)
    if not is_union:
        analyzers = [analyzers]
    sizes = bundle.get("partSizes", [len(bundle["terms"])])
    parts, start = [], 0
    for analyzer, size in zip(analyzers, sizes):
        ngram_range = settings["ngram_range"]
        if analyzer != "word":
            ngram_range = settings.get("char_ngram_range", [2, 5] if is_union else ngram_range)
        columns = slice(start, start + size)
        parts.append(_Part(settings, analyzer, ngram_range, bundle["terms"][columns], bundle["idf"][columns], start))
        start += size
    return parts


class _Part:
    """One vectorizer, as scikit-learn's TfidfVectorizer; its columns begin at `start`."""

    def __init__(self, settings, analyzer, ngram_range, terms, idf, start):
        self.settings = settings
        self.terms_of = {"word": self._words, "char": self._characters, "char_wb": self._within_words}[analyzer]
        self.ngram_range = ngram_range
        self.start = start
        self.columns = {term: i for i, term in enumerate(terms)}
        self.idf = np.asarray(idf, dtype=np.float64)
        self.pattern = re.compile(settings["token_pattern"])
        stop_words = settings["stop_words"]
        self.stop_words = frozenset(_ENGLISH if stop_words == "english" else () if stop_words == "none" else stop_words)

    def _preprocessed(self, text):
        text = text.lower() if self.settings["lowercase"] else text
        strip = self.settings.get("strip_accents", "none")
        if strip == "none" or text.isascii():
            return text
        text = unicodedata.normalize("NFKD", text)
        if strip == "ascii":
            return text.encode("ascii", "ignore").decode("ascii")
        return "".join(character for character in text if not unicodedata.combining(character))

    def _words(self, text):
        tokens = self.pattern.findall(self._preprocessed(text))
        if self.stop_words:
            tokens = [token for token in tokens if token not in self.stop_words]
        shortest, longest = self.ngram_range
        if longest == 1:
            return tokens
        return [" ".join(tokens[start:end]) for start, end in _spans(len(tokens), shortest, longest)]

    def _characters(self, text):
        text = _WHITE_SPACES.sub(" ", self._preprocessed(text))
        return [text[start:end] for start, end in _spans(len(text), *self.ngram_range)]

    def _within_words(self, text):
        shortest, longest = self.ngram_range
        terms = []
        for word in self._preprocessed(text).split():
            padded = f" {word} "
            if len(padded) < shortest:
                terms.append(padded)
            else:
                terms.extend(padded[start:end] for start, end in _spans(len(padded), shortest, longest))
        return terms

    def _counts(self, texts):
        """Row, column and count of each term that is there; columns rise within a row."""
        rows, columns, counts = [], [], []
        for row, text in enumerate(texts):
            found = {}
            for term in self.terms_of(text):
                column = self.columns.get(term)
                if column is not None:
                    found[column] = found.get(column, 0) + 1
            for column in sorted(found):
                rows.append(row)
                columns.append(column)
                counts.append(found[column])
        return np.array(rows, np.int64), np.array(columns, np.int64), np.array(counts, np.float64)

    def values(self, texts):
        """Row, column and value of each term that is there; columns rise within a row."""
        rows, columns, values = self._counts(texts)
        settings = self.settings
        if settings["sublinear_tf"]:
            values = np.log(values) + 1.0
        if settings["use_idf"]:
            values = values * self.idf[columns]
        if settings["norm"] != "none" and len(values):
            # bincount adds one value after the other, as the workers do: Python's sum() would compensate.
            sums = np.bincount(rows, values * values if settings["norm"] == "l2" else np.abs(values), len(texts))
            lengths = np.sqrt(sums) if settings["norm"] == "l2" else sums
            lengths[lengths == 0.0] = 1.0
            values = values / lengths[rows]
        return rows, columns + self.start, values



_WHITE_SPACES = re.compile(r"\s\s+")


def _spans(length, shortest, longest):
    """Where each n-gram of a sequence begins and ends."""
    for size in range(shortest, min(longest, length) + 1):
        for start in range(length - size + 1):
            yield start, start + size


def _text_of(row, value):
    """A cell as the readers of ColaML's workers take it: a number is its text, null, lists and objects are no text."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (dict, list, tuple, np.ndarray)):
        return None
    if value is pd.NA or value != value:
        return None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, float, np.integer, np.floating, decimal.Decimal)):
        return str(value)
    raise ValueError(f"row {row}: a text must be a str, not {type(value).__name__}")


def _labels(classes, probabilities):
    """The most probable of the classes per row, the first of equals; None where probabilities are NaN."""
    labels = np.array(classes, dtype=object)[probabilities.argmax(axis=1)]
    labels[np.isnan(probabilities[:, 0])] = None
    return labels


def _typed_labels(classes, probabilities, index):
    """`_labels` as pandas reads them from a file: bool, int or text; of a nullable type if one is missing."""
    values, dtype, nullable = classes, object, object
    if set(classes) <= {"True", "False"}:
        values, dtype, nullable = [name == "True" for name in classes], bool, "boolean"
    elif all(_is_int64(name) for name in classes):
        values, dtype, nullable = [int(name) for name in classes], np.int64, "Int64"
    labels = _labels(values, probabilities)
    return pd.Series(labels, index=index, name="label", dtype=nullable if None in labels else dtype)


def _calibrated(calibration, probabilities):
    """Binary: the positive class by its map; else each class by its own, divided by their sum. As the workers do."""
    maps = calibration["maps"]
    of = _sigmoid if calibration["method"] == "sigmoid" else _isotonic
    if len(maps) == 1:
        positive = of(maps[0], probabilities[:, 1])
        return np.column_stack([1.0 - positive, positive])
    values = np.column_stack([of(maps[k], probabilities[:, k]) for k in range(len(maps))])
    # cumsum adds one value after the other, as the workers do.
    sums = values.cumsum(axis=1)[:, -1:]
    shares = np.divide(values, sums, out=np.full_like(values, 1 / len(maps)), where=sums != 0)
    return shares.astype(np.float32).astype(np.float64)


def _sigmoid(of, probabilities):
    p = np.clip(probabilities, 2.0**-24, 1 - 2.0**-24)
    margins = of["slope"] * np.log(p / (1 - p)) + of["intercept"]
    with np.errstate(over="ignore"):
        return (1 / (1 + np.exp(-margins))).astype(np.float32).astype(np.float64)


def _isotonic(of, probabilities):
    return np.interp(probabilities, of["x"], of["y"]).astype(np.float32).astype(np.float64)


def _decisions(rule, classes, probabilities):
    """The class by the thresholds, or the word for abstaining; None where probabilities are NaN."""
    thresholds = rule.get("thresholds")
    if thresholds is None:
        chosen = probabilities.argmax(axis=1)
    elif len(classes) == 2:
        chosen = (probabilities[:, 1] > thresholds[0]).astype(np.int64)
    else:
        chosen = (probabilities / np.asarray(thresholds)).argmax(axis=1)
    decisions = np.array([*classes, rule["abstainWord"]], dtype=object)
    chosen[probabilities.max(axis=1) < rule.get("abstainBelow", 0)] = len(classes)
    named = decisions[chosen]
    named[np.isnan(probabilities[:, 0])] = None
    return named


def _is_int64(name):
    """Texts such as 007 or 1.0 are no int: written again they would be another text."""
    return re.fullmatch("0|-?[1-9][0-9]{0,18}", name) is not None and -(2**63) <= int(name) < 2**63


def _ensemble(model):
    """The trees or the linear model of an XGBoost JSON model."""
    learner = model["learner"]
    name = learner["gradient_booster"]["name"]
    if name not in ("gbtree", "gblinear"):
        raise ValueError(f"booster {name!r} is not known: this loader reads gbtree and gblinear")
    base = float(learner["learner_model_param"]["base_score"].strip("[]"))
    binary = learner["objective"]["name"] == "binary:logistic"
    margin = np.float32(math.log(base / (1 - base)) if binary else base)
    return (_Linear if name == "gblinear" else _Trees)(learner, margin)


class _Linear:
    """The linear model of an XGBoost JSON model: one logistic model per group; absent features count as zero."""

    def __init__(self, learner, base):
        self.groups = int(learner["learner_model_param"]["num_target"])
        weights = np.asarray(learner["gradient_booster"]["model"]["weights"], dtype=np.float32)
        weights = weights.reshape(-1, self.groups)
        self.weights = weights[:-1]
        self.start = weights[-1] + base
        self.cells = self.groups

    def probabilities(self, n_rows, rows, columns, values):
        margins = np.tile(self.start, (n_rows, 1))
        # The first stored value of every row, then the second of every row: float32 sums in column order.
        first = np.searchsorted(rows, np.arange(n_rows))
        place = np.arange(len(rows)) - first[rows]
        order = np.argsort(place, kind="stable")
        ends = np.cumsum(np.bincount(place)) if len(place) else []
        start = 0
        for end in ends:
            at = order[start:end]
            margins[rows[at]] += values[at, np.newaxis] * self.weights[columns[at]]
            start = end
        return _binary(margins[:, 0]) if self.groups == 1 else _one_against_rest(margins)


class _Trees:
    """The gradient-boosted trees of an XGBoost JSON model; absent features are NaN."""

    def __init__(self, learner, base):
        booster = learner["gradient_booster"]["model"]
        self.groups = max(1, int(learner["learner_model_param"]["num_class"]))
        self.base = base
        self.cells = int(learner["learner_model_param"]["num_feature"])
        self.trees = [
            (
                group,
                np.asarray(tree["left_children"], dtype=np.int32),
                np.asarray(tree["right_children"], dtype=np.int32),
                np.asarray(tree["split_indices"], dtype=np.int32),
                np.asarray(tree["split_conditions"], dtype=np.float32),
                np.asarray(tree["default_left"], dtype=bool),
            )
            for group, tree in zip(booster["tree_info"], booster["trees"])
        ]

    def probabilities(self, n_rows, rows, columns, values):
        features = np.full((n_rows, self.cells), np.nan, dtype=np.float32)
        features[rows, columns] = values
        margins = np.zeros((len(features), self.groups), dtype=np.float32)
        for group, left, right, feature, value, default_left in self.trees:
            rows = np.arange(len(features))
            node = np.zeros(len(features), dtype=np.int32)
            while True:
                inner = left[node] != -1
                if not inner.any():
                    break
                at, row = node[inner], rows[inner]
                cell = features[row, feature[at]]
                goes_left = np.where(np.isnan(cell), default_left[at], cell < value[at])
                node[inner] = np.where(goes_left, left[at], right[at])
            margins[:, group] += value[node]
        margins += self.base
        return _binary(margins[:, 0]) if self.groups == 1 else _softmax(margins)


def _logistic(margins):
    """Rounded to float32 at each step, as XGBoost does: a row at p = 0.5 must get the same label everywhere."""
    return np.float32(1) / (np.float32(1) + _exp(-margins))


def _binary(margins):
    positive = _logistic(margins).astype(np.float64)
    return np.column_stack([1.0 - positive, positive])


def _softmax(margins):
    return _shares(_exp(margins - margins.max(axis=1, keepdims=True)))


def _one_against_rest(margins):
    """Each class's own probability, divided by their sum; softmax if float32 holds none of them."""
    each = _logistic(margins)
    lost = (each == 0).all(axis=1)
    each[lost] = 1
    probabilities = _shares(each)
    probabilities[lost] = _softmax(margins[lost])
    return probabilities


def _shares(values):
    divisor = values.astype(np.float64).sum(axis=1, keepdims=True).astype(np.float32)
    return (values / divisor).astype(np.float64)


def _exp(margins):
    with np.errstate(over="ignore"):
        return np.exp(margins.astype(np.float64)).astype(np.float32)


_ENGLISH = ()  # replaced by the list of words when the model is published
