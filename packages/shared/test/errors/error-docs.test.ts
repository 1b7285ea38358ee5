import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ColaError, ERROR_CODES, type ErrorCode } from "@colaml/shared/errors/cola-error";
import { ERROR_TABLE, meaningOf } from "@colaml/shared/errors/error-table";

const page = readFileSync(join(__dirname, "../../../../docs/errors.md"), "utf8");
const ROW = /^\| `([A-Z_]+)` \| (yes|no) \| (\d+) \| (\d) \| (\w+) \|/gm;
const documented = [...page.matchAll(ROW)].map(([, code, again, status, exit, mender]) => ({
  code,
  retried: again === "yes",
  status: Number(status),
  exit: Number(exit),
  mender,
}));

it("lists every error code in docs/errors.md, and no other", () => {
  expect(documented.map(({ code }) => code).sort()).toEqual([...ERROR_CODES].sort());
});

it("says of each code whether it is retried, its HTTP status, its exit code and who can mend it", () => {
  for (const code of ERROR_CODES) {
    const { retried, status, exit, mender } = ERROR_TABLE[code];
    expect({ code, retried, status, exit, mender }).toEqual(documented.find((row) => row.code === code));
  }
});

it("lets an error say otherwise than its code whether it is retried", () => {
  const retried = (code: ErrorCode, retryable?: boolean) =>
    new ColaError(code, "x", retryable === undefined ? {} : { retryable }).retryable;
  expect([retried("MLFLOW_UNREACHABLE"), retried("MLFLOW_FAILED")]).toEqual([true, false]);
  expect([retried("MLFLOW_UNREACHABLE", false), retried("MLFLOW_FAILED", true)]).toEqual([false, true]);
});

it("ends a batch with a chunk's failure, and throws away what was made, for these codes", () => {
  const having = (property: "endsBatch" | "voidsBatch") =>
    ERROR_CODES.filter((code) => meaningOf(code)[property]).sort();
  expect(having("endsBatch")).toEqual([
    "INPUT_CHANGED",
    "INPUT_NOT_FOUND",
    "MLFLOW_FAILED",
    "MLFLOW_UNREACHABLE",
    "MODEL_CORRUPT",
    "MODEL_NOT_FOUND",
    "OUTPUT_UNWRITABLE",
    "PATH_NOT_ALLOWED",
    "REDIS_FULL",
    "REDIS_REFUSED",
    "STATE_NEWER",
  ]);
  expect(having("voidsBatch")).toEqual([
    "COLUMN_NOT_FOUND",
    "INPUT_CHANGED",
    "INPUT_EMPTY",
    "INPUT_NOT_FOUND",
    "INPUT_TOO_LARGE",
    "INPUT_UNREADABLE",
    "JOB_CANCELLED",
    "MODEL_CORRUPT",
    "MODEL_MISMATCH",
    "MODEL_NOT_FOUND",
    "TOO_MANY_REJECTED",
  ]);
});
