import { rangeOf, uploadPartOf } from "@colaml/producer/http/files/byte-range";

describe("a Range header of a file with 10 bytes", () => {
  it.each([
    [undefined, undefined],
    ["bytes=0-3", { first: 0, last: 3 }],
    ["bytes=7-", { first: 7, last: 9 }],
    ["bytes=7-99", { first: 7, last: 9 }],
    ["bytes=-3", { first: 7, last: 9 }],
    ["bytes=-99", { first: 0, last: 9 }],
    ["bytes=9-9", { first: 9, last: 9 }],
    // ignored, as RFC 9110 allows: several, another unit, no range
    ["bytes=0-1,3-4", undefined],
    ["rows=0-3", undefined],
    ["bytes=3-1", undefined],
    ["bytes=-", undefined],
    ["bytes=a-b", undefined],
  ])("%s", (header, range) => {
    expect(rangeOf(header, 10)).toEqual(range);
  });

  it.each(["bytes=10-", "bytes=10-12", "bytes=-0"])("is refused without a byte of the file: %s", (header) => {
    expect(() => rangeOf(header, 10)).toThrow(expect.objectContaining({ code: "RANGE_INVALID" }));
  });

  it("has no byte of an empty file", () => {
    expect(() => rangeOf("bytes=0-0", 0)).toThrow("the file has 0 bytes");
    expect(rangeOf(undefined, 0)).toBeUndefined();
  });
});

describe("a Content-Range header of an upload", () => {
  it("names bytes and total, or asks for how many are there", () => {
    expect(uploadPartOf(undefined)).toBeUndefined();
    expect(uploadPartOf("bytes 0-4/10")).toEqual({ bytes: { first: 0, last: 4 }, total: 10 });
    expect(uploadPartOf("bytes */10")).toEqual({ total: 10 });
  });

  it.each(["bytes 5-4/10", "bytes 0-10/10", "bytes 0-4/*", "0-4/10", "bytes 0-4/-1"])(
    "is refused: %s",
    (header) => {
      expect(() => uploadPartOf(header)).toThrow(expect.objectContaining({ code: "RANGE_INVALID" }));
    },
  );
});
