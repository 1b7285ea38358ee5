const { rootDir, transform, testTimeout } = require("../../jest.config.js");

/** A package that jest brings along: pnpm puts only those of package.json into node_modules. */
const ofJest = ["jest", "jest-cli", "jest-config", "jest-environment-node"].reduce(
  (from, name) => require.resolve(name, { paths: [from] }),
  __dirname,
);

// Mutants are made of the sources, so these tests run the sources, and only what needs no server.
module.exports = {
  rootDir,
  transform,
  testTimeout,
  testEnvironment: ofJest,
  testMatch: [
    "<rootDir>/packages/trainer-worker/test/champion/champion-rule.test.ts",
    "<rootDir>/packages/monitor-worker/test/drift/drift-numbers.test.ts",
    "<rootDir>/packages/monitor-worker/test/statistics/statistics.test.ts",
    "<rootDir>/packages/shared/test/learning/data/split.test.ts",
    "<rootDir>/packages/shared/test/contracts/receipt.test.ts",
  ],
  moduleNameMapper: { "^@colaml/([a-z-]+)/(.+)$": "<rootDir>/packages/$1/src/$2" },
};
