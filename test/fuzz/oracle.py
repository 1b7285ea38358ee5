"""Answers questions about tables and patterns with Python's own csv, json, re and pandas: a line of JSON each."""

import csv
import io
import json
import re
import signal
import sys
import unicodedata
import warnings

warnings.simplefilter("ignore")
csv.field_size_limit(1 << 30)


def csv_rows(question):
    """Records with the line that each begins on, counted from 0; or why Python's strict reader refuses the text."""
    text = question["bytes"].encode("latin-1").decode("utf-8", "replace")
    newline = question["newline"]
    lines = [line + newline for line in text.split(newline)]
    lines[-1] = lines[-1][: -len(newline)]
    if lines[-1] == "":
        lines.pop()
    reader = csv.reader(lines, delimiter=question["delimiter"], strict=True)
    rows = []
    begun = 0
    try:
        for fields in reader:
            if fields:
                rows.append([begun, fields])
            begun = reader.line_num
    except csv.Error as error:
        return {"refused": str(error)}
    return {"rows": rows}


def dialect_rows(question):
    """Cells by Python's csv, and by pandas if every row is whole and no cell has a NUL, at which pandas ends it."""
    import pandas

    data = question["bytes"].encode("latin-1")
    how = {"delimiter": question["delimiter"], "quotechar": question["quote"]}
    text = data.decode(question["encoding"])
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True, **how))
    if "\0" in text or any(len(row) != len(rows[0]) for row in rows):
        return {"csv": rows, "pandas": None}
    options = {"dtype": str, "keep_default_na": False, "na_filter": False, "encoding": question["encoding"]}
    return {"csv": rows, "pandas": pandas.read_csv(io.BytesIO(data), **how, **options).values.tolist()}


def pandas_rows(question):
    """Cells as pandas reads them, and which of them it takes for missing."""
    import pandas

    def read(**options):
        data = io.BytesIO(question["bytes"].encode("latin-1"))
        return pandas.read_csv(data, dtype=str, sep=question["delimiter"], **options)

    cells = read(keep_default_na=False, na_filter=False)
    return {"cells": cells.values.tolist(), "missing": read().isna().values.tolist()}


def refuse_constant(name):
    raise ValueError(name)


DECODER = json.JSONDecoder(parse_constant=refuse_constant, parse_int=str, parse_float=str)
SPACE = re.compile(r"[ \t\n\r]*")


def members(line):
    """The members of a JSON object, each with its value and its source; None if the line is not an object."""
    try:
        value, end = DECODER.raw_decode(line, SPACE.match(line).end())
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or SPACE.match(line, end).end() != len(line):
        return None
    at = SPACE.match(line, line.index("{") + 1).end()
    found = {}
    while line[at] != "}":
        name, at = DECODER.raw_decode(line, at)
        at = SPACE.match(line, SPACE.match(line, at).end() + 1).end()
        member, end = DECODER.raw_decode(line, at)
        found[name] = (member, line[at:end])
        at = SPACE.match(line, end).end()
        if line[at] == ",":
            at = SPACE.match(line, at + 1).end()
    return found


def ndjson_rows(question):
    """Cells of each line that is an object, by the line's number from 0, and the lines that are none."""
    text = question["bytes"].encode("latin-1").decode("utf-8", "replace")
    newline = question["newline"]
    rows, others = [], []
    for number, line in enumerate(text.split(newline)):
        if newline == "\n" and line.endswith("\r"):
            line = line[:-1]
        if line == "":
            continue
        found = members(line)
        if found is None:
            others.append(number)
            continue
        rows.append([number, [cell(found.get(name)) for name in question["names"]]])
    return {"rows": rows, "others": others}


def cell(member):
    if member is None or member[0] is None:
        return ""
    return member[0] if isinstance(member[0], str) else member[1]


class Slow(Exception):
    pass


def stop(*_):
    raise Slow


signal.signal(signal.SIGALRM, stop)


def pattern_tokens(question):
    """What findall gives for each text; why the pattern is refused; or that it takes too long, or the text is newer."""
    texts = question["texts"]
    if any(unicodedata.category(char) == "Cn" for text in texts + [question["pattern"]] for char in text):
        return {"unknown": "a character that this Python's tables do not have"}
    try:
        expression = re.compile(question["pattern"])
    except (re.error, OverflowError, RecursionError) as error:
        return {"refused": str(error)}
    # CPython leaves a capital letter beyond U+FFFF in a set of several as it is, so that (?i)[\U00010400a] does not find it
    if expression.flags & re.IGNORECASE and any(char > "\uffff" and char != char.lower() for char in question["pattern"]):
        return {"unknown": "a set that it does not fold"}
    if expression.groups > 1:
        return {"refused": "several groups"}
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        return {"tokens": [expression.findall(text) for text in texts]}
    except Slow:
        return {"unknown": "it takes too long"}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


ANSWERS = {"csv": csv_rows, "pandas": pandas_rows, "dialect": dialect_rows, "ndjson": ndjson_rows, "pattern": pattern_tokens}

for asked in sys.stdin:
    known = json.loads(asked)
    print(json.dumps(ANSWERS[known["kind"]](known)), flush=True)
