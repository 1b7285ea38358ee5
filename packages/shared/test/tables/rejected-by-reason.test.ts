import { describeReasons, sumByReason } from "@colaml/shared/tables/rejected-by-reason";

it("names reasons from the most frequent one on, and nothing if none occurred", () => {
  expect(describeReasons({ "no text": 2, "broken quoting": 1_500 })).toBe(
    "broken quoting: 1,500, no text: 2",
  );
  expect(describeReasons({})).toBeUndefined();
  expect(describeReasons(undefined)).toBeUndefined();
});

it("sums reason by reason, and is undefined if one of both is", () => {
  const a = { "no text": 2 };
  expect(sumByReason(a, { "no text": 1, "no label": 4 })).toEqual({ "no text": 3, "no label": 4 });
  expect(sumByReason(a, undefined)).toBeUndefined();
  expect(sumByReason(undefined, a)).toBeUndefined();
  expect(a).toEqual({ "no text": 2 });
});
