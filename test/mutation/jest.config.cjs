const { rootDir, transform, testTimeout } = require("../../jest.config.js");
const targets = require("./targets.json");

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
  testMatch: targets[process.env.COLAML_MUTATION_TARGET].tests.map((path) => `<rootDir>/${path}`),
  moduleNameMapper: { "^@colaml/([a-z-]+)/(.+)$": "<rootDir>/packages/$1/src/$2" },
};
