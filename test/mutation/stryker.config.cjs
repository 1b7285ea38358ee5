const targets = require("./targets.json");

const target = process.env.COLAML_MUTATION_TARGET;

module.exports = {
  packageManager: "npm",
  testRunner: "jest",
  jest: { configFile: "test/mutation/jest.config.cjs", enableFindRelatedTests: false },
  coverageAnalysis: "perTest",
  mutate: targets[target].mutate,
  // What is copied for each run: the sources and tests of the packages, and the few files that jest reads.
  ignorePatterns: [
    "/*",
    "!/packages",
    "!/test",
    "!/jest.config.js",
    "!/package.json",
    "dist",
    "/packages/producer",
    "target",
  ],
  concurrency: 2,
  // A time limit counts as noticed: on a busy machine a low one would hide survivors.
  timeoutMS: 15_000,
  disableTypeChecks: false,
  tempDirName: `.colaml/stryker/sandbox-${target}`,
  reporters: ["progress-append-only", "html", "json"],
  htmlReporter: { fileName: `.colaml/stryker/${target}.html` },
  jsonReporter: { fileName: `.colaml/stryker/${target}.json` },
  allowConsoleColors: false,
  warnings: { slow: false },
};
