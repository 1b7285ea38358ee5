import { editDistance } from "@colaml/shared/settings/edit-distance";
import { SETTINGS } from "@colaml/shared/settings/resolve-config";
import { OTHER_VARIABLES, unknownVariables } from "@colaml/shared/settings/unknown-variables";

describe("unknownVariables", () => {
  it.each([
    ["COLAML_MAX_FEATUERS", "COLAML_MAX_FEATURES"],
    ["COLAML_MAXFEATURES", "COLAML_MAX_FEATURES"],
    ["COLAML_DEPHT", "COLAML_DEPTH"],
    ["COLAML_REDIS_URL", "REDIS_URL"],
    ["COLAML_MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_URI"],
  ])("names %s with the nearest setting, %s", (name, nearest) => {
    expect(unknownVariables({ env: { [name]: "200" } })).toEqual([
      `${name} is not a setting: did you mean ${nearest}?`,
    ]);
  });

  it("says of a variable of .env that it stands there", () => {
    expect(unknownVariables({ dotenv: { COLAML_DEPHT: "4" } })).toEqual([
      "COLAML_DEPHT in .env is not a setting: did you mean COLAML_DEPTH?",
    ]);
  });

  it("names a variable once that stands in the environment and in .env", () => {
    const both = { COLAML_DEPHT: "4" };
    expect(unknownVariables({ env: both, dotenv: both })).toHaveLength(1);
  });

  it.each(["COLAML_SOMETHING_ELSE", "COLAML_X"])("suggests nothing for %s, which is near to none", (name) => {
    expect(unknownVariables({ env: { [name]: "1" } })).toEqual([
      `${name} is not a setting: \`cola config\` lists them`,
    ]);
  });

  it("never shows a value: it may be a secret's", () => {
    expect(unknownVariables({ env: { COLAML_API_TOKN: "canary" } }).join()).not.toContain("canary");
  });

  it("says nothing of settings, of what set-up and tests read, and of other programs' variables", () => {
    const env = {
      ...Object.fromEntries(SETTINGS.map((setting) => [setting.env, "1"])),
      ...Object.fromEntries(Object.keys(OTHER_VARIABLES).map((name) => [name.replace("*", "X"), "1"])),
      COLAML_PYTHON_TEST: "python",
      COLAML_TEST_SERVERS: "0",
      PATH: "/bin",
      MLFLOW_SOMETHING: "1",
    };
    expect(unknownVariables({ env })).toEqual([]);
  });

  it("says nothing of what Kubernetes adds for each service", () => {
    const env = {
      COLAML_PRODUCER_SERVICE_HOST: "10.0.0.1",
      COLAML_PRODUCER_SERVICE_PORT: "7077",
      COLAML_PRODUCER_SERVICE_PORT_HTTP: "7077",
      COLAML_PRODUCER_PORT: "tcp://10.0.0.1:7077",
      COLAML_PRODUCER_PORT_7077_TCP: "tcp://10.0.0.1:7077",
      COLAML_PRODUCER_PORT_7077_TCP_ADDR: "10.0.0.1",
    };
    expect(unknownVariables({ env })).toEqual([]);
    expect(unknownVariables({ env: { COLAML_HEALT_PORT: "1" } })).toEqual([
      "COLAML_HEALT_PORT is not a setting: did you mean COLAML_HEALTH_PORT?",
    ]);
  });
});

describe("editDistance", () => {
  it.each([
    ["", "", 0],
    ["abc", "abc", 0],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["ab", "ba", 1],
    ["FEATUERS", "FEATURES", 1],
    // Optimal string alignment edits no place twice: 3, and not the 2 of the unrestricted distance.
    ["ca", "abc", 3],
  ])("from %j to %j is %d", (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits);
    expect(editDistance(b, a)).toBe(edits);
  });
});
