import { join } from "node:path";
import { byPromtool, promtool } from "./promtool";

describe("the rules for Prometheus", () => {
  byPromtool("are taken by promtool, all of them", () => {
    const checked = promtool(["check", "rules", join(__dirname, "../deploy/prometheus/alerts.yml")]);
    expect(checked).toMatch(/SUCCESS: 16 rules found/);
    expect(checked).not.toMatch(/FAILED|error/i);
  });

  byPromtool("fire when they should and not before, over the series of test/alert-rules.yml", () => {
    expect(promtool(["test", "rules", join(__dirname, "alert-rules.yml")])).toMatch(/^ {2}SUCCESS$/m);
  });
});
