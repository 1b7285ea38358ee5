import { rowLabels } from "@colaml/monitor-worker/rows/row-labels";

const column = ["Joy", "None", "NULL", "", " ", "none", " nan"];

describe("the labels of rows that are scored", () => {
  it("are blank where pandas reads a missing value", () => {
    expect(rowLabels({}, ["Joy", "Fear"])(column)).toEqual(["Joy", "", "", "", "", "none", " nan"]);
  });

  it("are kept if a class of the model is called so", () => {
    expect(rowLabels({}, ["Joy", "None"])(column)).toEqual(["Joy", "None", "", "", "", "none", " nan"]);
  });

  it("are blank only where nothing stands if the file was said to have no other missing values", () => {
    const labels = rowLabels({ missingValues: "empty" }, ["Joy"])(column);
    expect(labels).toEqual(["Joy", "None", "NULL", "", "", "none", " nan"]);
  });
});
