import { ColaError, messageOf, toColaError } from "@colaml/shared/errors/cola-error";

describe("ColaError", () => {
  it("says by its code whether a retry may help, unless it is given", () => {
    expect(new ColaError("MLFLOW_UNREACHABLE", "down").retryable).toBe(true);
    expect(new ColaError("INPUT_NOT_FOUND", "no such file").retryable).toBe(false);
    expect(new ColaError("INPUT_NOT_FOUND", "no such file", { retryable: true }).retryable).toBe(true);
  });

  it("turns into an answer without a stack trace or its cause", () => {
    const error = new ColaError("MODEL_NOT_FOUND", "no model x", {
      cause: new Error("secret"),
      details: { model: "x" },
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      error_code: "MODEL_NOT_FOUND",
      message: "no model x",
      details: { model: "x" },
    });
  });

  it("wraps what is not one of ours as INTERNAL and keeps the cause", () => {
    const cause = new TypeError("x is not a function");
    const wrapped = toColaError(cause);
    expect(wrapped.code).toBe("INTERNAL");
    expect(wrapped.cause).toBe(cause);
    expect(toColaError(wrapped)).toBe(wrapped);
  });

  it("gives a message of one line whatever was thrown", () => {
    expect(messageOf(new Error("first\r\n  second"))).toBe("first second");
    expect(messageOf("text")).toBe("text");
  });
});
