import { rejectedAll, sumCounts } from "@colaml/predictor-worker/predict/checkpoint/chunk-counts";

const known = {
  rows: 7,
  rejected: 2,
  rejectedByReason: { "no text": 2 },
  invalidUtf8: 1,
  withoutKnownWords: 3,
};

it("sums of counts are sums of each, reason by reason", () => {
  const more = { ...known, rejected: 3, rejectedByReason: { "no text": 1, "broken quoting": 2 } };
  expect(sumCounts(known, more)).toEqual({
    rows: 14,
    rejected: 5,
    rejectedByReason: { "no text": 3, "broken quoting": 2 },
    invalidUtf8: 2,
    withoutKnownWords: 6,
  });
  expect(sumCounts(known, rejectedAll(4, "record too large"))).toEqual({
    ...known,
    rejected: 6,
    rejectedByReason: { "no text": 2, "record too large": 4 },
  });
});

it("a count that one part lacks is absent from the sum", () => {
  const old = { rows: 5, rejected: 1, invalidUtf8: 0 };
  const absent = { rejectedByReason: undefined, withoutKnownWords: undefined };
  expect(sumCounts(known, old)).toEqual({ rows: 12, rejected: 3, invalidUtf8: 1, ...absent });
  expect(sumCounts(old, known)).toEqual({ rows: 12, rejected: 3, invalidUtf8: 1, ...absent });
});
