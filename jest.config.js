// Tests import the packages by name and so run what ships: the built files. `npm test` builds first.
module.exports = {
  rootDir: __dirname,
  testEnvironment: "node",
  testMatch: ["<rootDir>/packages/*/test/**/*.test.ts", "<rootDir>/test/**/*.test.ts"],
  transform: { "^.+\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }] },
  // A package exports what others import; its tests reach every module of it.
  moduleNameMapper: { "^@colaml/([a-z-]+)/(.+)$": "<rootDir>/packages/$1/dist/$2" },
  // Python environments hold packages of Node, too.
  modulePathIgnorePatterns: ["<rootDir>/.colaml/"],
  // One Redis and one MLflow for the whole run; COLAML_TEST_SERVERS=0 starts none.
  globalSetup: "<rootDir>/test/servers.ts",
  globalTeardown: "<rootDir>/test/teardown.ts",
  // A worker keeps something of each file's modules: grown to half a gigabyte, its collections made tests of many
  // trainings take several times as long.
  workerIdleMemoryLimit: "384MB",
  // Generous: a busy machine is slow, and no test is about time.
  testTimeout: 180_000,
};
