/** Reads a calendar date as files write it; a date that does not exist is none. */

const SHAPES = [
  /^(\d{4})-(\d{1,2})-(\d{1,2})$/,
  /^(\d{4})\/(\d{1,2})\/(\d{1,2})$/,
  /^(\d{4})\.(\d{1,2})\.(\d{1,2})$/,
  /^(\d{4})(\d{2})(\d{2})$/,
  /^(\d{4})年(\d{1,2})月(\d{1,2})日$/,
];

/** `2009-12-31`, `2009/12/31`, `2009.12.31`, `20091231` or `2009年12月31日` as `YYYY-MM-DD`; null for anything else. */
export const parseDate = (text: string): string | null => {
  const plain = text.normalize('NFKC').trim();
  for (const shape of SHAPES) {
    const [, year, month, day] = shape.exec(plain) ?? [];
    if (year === undefined || month === undefined || day === undefined) continue;
    const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
    const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
    return Number(year) >= 1900 && date.toISOString().slice(0, 10) === iso ? iso : null;
  }
  return null;
};

const HOURS_AHEAD_OF_UTC = 14;

/** The newest date that has begun somewhere on earth, YYYY-MM-DD. */
export const newestDateAt = (now: Date): string =>
  new Date(now.getTime() + HOURS_AHEAD_OF_UTC * 3_600_000).toISOString().slice(0, 10);

export const isFuture = (date: string, now: Date): boolean => date > newestDateAt(now);
