import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ApiUnderTest, apiFolders, openApi, TOKENS } from "../api-under-test";

/** It needs Python 3.11; the project's other Python code runs on 3.10 as well. */
const schemathesis = join(dirname(process.env["COLAML_PYTHON_TEST"] ?? ""), "schemathesis");

/**
 * The run is bounded by the number of its requests, and the same at each run: cases of every schema's bounds, and this
 * many of a seeded generator per operation. Its pace stays below the server's limit.
 */
const CONFIGURATION = `
seed = 1
continue-on-failure = true
color = false
rate-limit = "95/s"
headers = { Authorization = "Bearer ${TOKENS.admin}" }
[generation]
max-examples = 12
database = "none"
[phases.coverage]
unexpected-methods = []
generate-duplicate-query-parameters = false
[phases.stateful]
enabled = false
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 408, 409, 412, 413, 415, 416, 429]
# Its bounds are 2,000 cases; most of them are those of /jobs/train as well.
[[operations]]
include-path = "/jobs/tune"
phases.coverage.enabled = false
`;

const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "negative_data_rejection",
];

/** Not asked: a stream that stays open. */
const LEFT_OUT = ["/jobs/{id}/events"];

const folders = apiFolders("schemathesis");
let api: ApiUnderTest;
beforeAll(async () => {
  writeFileSync(join(folders.dataDir, "tweets.csv"), "tweet_id,inbound,text\n1,True,hello\n");
  api = await openApi(folders);
});
afterAll(() => api.close());

interface Run {
  code: number;
  report: string;
}

function run(): Promise<Run> {
  const configuration = join(folders.folder, "schemathesis.toml");
  writeFileSync(configuration, CONFIGURATION);
  const options = ["--checks", CHECKS.join(","), ...LEFT_OUT.flatMap((path) => ["--exclude-path", path])];
  const args = ["--config-file", configuration, "run", `${api.url}/docs/openapi.json`, ...options];
  return new Promise((done) => {
    execFile(schemathesis, args, { cwd: folders.folder, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code) : 0, report: stdout + stderr });
    });
  });
}

(existsSync(schemathesis) ? describe : describe.skip)("the API under schemathesis", () => {
  it("answers no made-up request with a fault of its own, nor with what its document does not have", async () => {
    const { code, report } = await run();
    const failures = report.slice(Math.max(report.search(/=+ (FAILURES|ERRORS) =+/), 0));
    expect([code, code === 0 ? "" : failures.slice(0, 20_000)]).toEqual([0, ""]);
    // It did ask: bounds of schemas alone are more than that.
    expect(Number(/(\d+) generated/.exec(report)?.[1])).toBeGreaterThan(1_000);
    const faults = api.logged.filter(({ level }) => level === "error").map(({ message }) => message);
    expect(faults).toEqual([]);
  }, 600_000);
});
