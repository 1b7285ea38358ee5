import { apiPath, encodePath } from "@colaml/shared/mlflow/api-path";
import { rootOf } from "@colaml/shared/mlflow/artifacts";

test.each(["", ".", "..", "a/b", "a\\b", "a\0b", "a\nb"])("%j is not a segment of a path", (value) => {
  expect(() => apiPath`logged-models/${value}`).toThrow(
    expect.objectContaining({ code: "PATH_NOT_ALLOWED" }),
  );
});

test.each(["a/../b", "../a", "a//b", "/a", "a/", "a/./b", "a/..\\b"])(
  "%j is not a path of a file",
  (value) => {
    expect(() => encodePath(value)).toThrow(expect.objectContaining({ code: "PATH_NOT_ALLOWED" }));
  },
);

test("signs that mean something in a URL are encoded", () => {
  expect(apiPath`m/${"a?b#c%2e d"}/x`).toBe("m/a%3Fb%23c%252e%20d/x");
  expect(encodePath("plots/año ñ.svg")).toBe("plots/a%C3%B1o%20%C3%B1.svg");
});

test.each([
  "file:///etc",
  "http://other/a",
  "s3://bucket/a",
  "mlflow-artifacts:/1/a#b",
  "mlflow-artifacts:/1/a?b",
  "mlflow-artifacts:",
  "/1/a",
])("files at %s are not followed", (uri) => {
  expect(() => rootOf(uri)).toThrow(/allowed is mlflow-artifacts:/);
});

test("an artifact URI gives its path in the store", () => {
  expect(rootOf("mlflow-artifacts:/1/models/m-1/artifacts/")).toBe("1/models/m-1/artifacts");
});
