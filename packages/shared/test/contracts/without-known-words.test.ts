import {
  describeWithoutKnownWords,
  warnWithoutKnownWords,
} from "@colaml/shared/contracts/without-known-words";

it("describes how many rows the model knows no word of, and what they get", () => {
  expect(describeWithoutKnownWords({ rows: 1_200, label: "True" }, 5_000)).toBe(
    "rows without a single word that the model knows: 1,200 of 5,000; each gets the same answer (label True)",
  );
  expect(describeWithoutKnownWords({ rows: 1 }, 1)).toBe(
    "rows without a single word that the model knows: 1 of 1; each gets the same answer",
  );
  expect(describeWithoutKnownWords({ rows: 0, label: "True" }, 5_000)).toBeUndefined();
  expect(describeWithoutKnownWords(undefined, 5_000)).toBeUndefined();
});

it("warns above half of the scored rows, and not at half", () => {
  expect(warnWithoutKnownWords({ rows: 3, label: "False" }, 5)).toMatch(
    /3 of 5.*label False.*is it the right model, text column, language and encoding\?$/,
  );
  expect(warnWithoutKnownWords({ rows: 2, label: "False" }, 4)).toBeUndefined();
  expect(warnWithoutKnownWords({ rows: 0, label: "False" }, 0)).toBeUndefined();
  expect(warnWithoutKnownWords(undefined, 4)).toBeUndefined();
});
