"""Makes packages/shared/test/fixtures/pandas-{backslash,encodings}.json: files as pandas writes and reads them.

    python3 -m venv /tmp/parity && /tmp/parity/bin/pip install pandas
    /tmp/parity/bin/python bench/parity/make-table-fixtures.py

All texts are invented here.
"""

import base64
import io
import json
import pathlib

import pandas as pd

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "packages" / "shared" / "test" / "fixtures"

rows = [
    ["1", 'he said "hi", and left', "a"],
    ["2", "plain", "b"],
    ["3", 'ends with a quote "', "a"],
    ["4", '"', "b"],
    ["5", 'two\nlines, "one" field', "a"],
    ["6", "back\\slash, and comma", "b"],
    ["7", 'both \\" of them', "a"],
    ["8", '""', "b"],
    ["9", "comma, only", "a"],
]
frame = pd.DataFrame(rows, columns=["id", "text", "label"])
csv = frame.to_csv(index=False, doublequote=False, escapechar="\\", quoting=1)
back = pd.read_csv(io.StringIO(csv), escapechar="\\", dtype=str, keep_default_na=False)
(FIXTURES / "pandas-backslash.json").write_text(json.dumps({"csv": csv, "rows": back.values.tolist()}, indent=1) + "\n")

texts = {
    "windows-1252": ("cp1252", ["señor, mañana no llegó el pedido – “nada”", "sí, gracias €5", "qué pasó con el envío", "está mal, señorita"]),
    "iso-8859-2": ("iso8859_2", ["zażółć gęślą jaźń", "proszę o zwrot pieniędzy", "dziękuję bardzo", "źle działa"]),
    "windows-1251": ("cp1251", ["Привет, где мой заказ", "спасибо большое за помощь", "очень плохо работает", "верните деньги"]),
    "koi8-r": ("koi8_r", ["Привет, где мой заказ", "спасибо большое за помощь", "очень плохо работает", "верните деньги"]),
    "shift_jis": ("shift_jis", ["注文が届きません", "ありがとうございます", "返金してください", "とても悪いです"]),
    "gb18030": ("gb18030", ["我的订单没有到", "非常感谢你们的帮助", "请退款给我", "质量太差了"]),
    "big5": ("big5", ["我的訂單沒有到", "非常感謝你們的幫助", "請退款給我", "品質太差了"]),
    "euc-kr": ("euc_kr", ["주문이 도착하지 않았어요", "도와주셔서 감사합니다", "환불해 주세요", "너무 나빠요"]),
    "utf-16le": ("utf-16-le", ["señor 😀", "日本語", "Привет", "plain"]),
    "utf-16be": ("utf-16-be", ["señor 😀", "日本語", "Привет", "plain"]),
}
out = {}
for name, (python, some) in texts.items():
    yes = "sí" if python == "cp1252" else "yes"
    frame = pd.DataFrame({"id": range(80), "text": some * 20, "label": [yes, "no"] * 40})
    data = frame.to_csv(index=False).encode(python)
    read = pd.read_csv(io.BytesIO(data), encoding=python, dtype=str, keep_default_na=False)
    out[name] = {
        "base64": base64.b64encode(data).decode(),
        "texts": read["text"].tolist()[:4],
        "labels": read["label"].tolist()[:2],
        "rows": len(read),
    }
(FIXTURES / "pandas-encodings.json").write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")
