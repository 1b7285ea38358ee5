import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAlertRules } from "@colaml/shared/alerts/load-alert-rules";
import { parseDuration } from "@colaml/shared/contracts/alert-rules";

const folder = mkdtempSync(join(tmpdir(), "rules-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rulesFile(content: unknown): string {
  const path = join(folder, "rules.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}
const rule = { name: "low-accuracy", metric: "accuracy_score", comparison: "<", threshold: 0.8 };

describe("alert rules", () => {
  it("fill in what is left out", () => {
    expect(loadAlertRules(rulesFile([rule]))).toEqual([
      { ...rule, severity: "warning", consecutive: 1, cooldown: "0s" },
    ]);
  });

  it("refuse an unknown metric, naming the known ones", () => {
    const path = rulesFile([{ ...rule, metric: "acuracy" }]);
    expect(() => loadAlertRules(path)).toThrow(
      /0\.metric: unknown metric "acuracy"; known are accuracy_score, .*drift_psi_score/,
    );
  });

  it.each([
    [[rule, rule], /one name/],
    [[{ ...rule, cooldown: "soon" }], /cooldown/],
    [[{ ...rule, extra: 1 }], /extra/],
    ["not json", /rules\.json/],
  ])("refuse %j", (content, message) => {
    expect(() => loadAlertRules(rulesFile(content))).toThrow(message);
  });

  it("take retraining with its payload checked at start-up", () => {
    const start = { job: "train", payload: { dataset: { path: "x.csv" } }, cooldown: "2h", dailyBudget: 1 };
    expect(loadAlertRules(rulesFile([{ ...rule, start }]))[0]!.start).toMatchObject({
      job: "train",
      watchChecks: 3,
    });
    const wrong = { ...start, payload: {} };
    expect(() => loadAlertRules(rulesFile([{ ...rule, start: wrong }]))).toThrow(/dataset/);
  });

  it("say which file is missing", () => {
    expect(() => loadAlertRules("/nowhere/rules.json")).toThrow(/no such file: \/nowhere\/rules\.json/);
  });

  it.each([
    ["45s", 45_000],
    ["1h", 3_600_000],
    ["7d", 604_800_000],
    ["1.5h", undefined],
    ["-1s", undefined],
  ])("read the duration %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
});
