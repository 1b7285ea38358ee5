// Preloaded into a process whose wall clock is wrong by FAULTS_CLOCK_SHIFT_MS; its timers run as they should.
const shiftMs = Number(process.env.FAULTS_CLOCK_SHIFT_MS);
const TrueDate = Date;

class ShiftedDate extends TrueDate {
  constructor(...given) {
    if (given.length === 0) super(TrueDate.now() + shiftMs);
    else super(...given);
  }

  static now() {
    return TrueDate.now() + shiftMs;
  }
}

globalThis.Date = ShiftedDate;
