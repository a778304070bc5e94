/** What a simulation came to, as lines for a terminal: the matrix shaded by share of its row, limits, terms and drift. */
import { GRADES, type Grade } from '../src/kernel/grade';
import type { WhatIfFigures } from '../src/ratings';

/** Nobody, a few, more, most. */
const SHADES = [' ', '░', '▒', '▓', '█'] as const;
const BOUNDS = [0, 0.05, 0.2, 0.5] as const;
const shadeOf = (share: number): string => SHADES[BOUNDS.filter((bound) => share > bound).length] ?? ' ';

const CELL = 8;
const FIRST = 'first';

type Cells = WhatIfFigures['model'];

/** Before on the left, after at the top; what stays is in brackets. */
export const matrixLines = (cells: Cells): string[] => {
  const places: readonly (Grade | null)[] = [...GRADES, null];
  const count = (from: Grade | null, to: Grade): number =>
    cells.find((cell) => cell.from === from && cell.to === to)?.count ?? 0;
  const rows = places.flatMap((from) => {
    const counts = GRADES.map((to) => count(from, to));
    const all = counts.reduce((sum, each) => sum + each, 0);
    if (all === 0) return [];
    const shown = counts.map((each, i) => {
      const text = each === 0 ? '·' : GRADES[i] === from ? `[${each}]` : String(each);
      return `${text.padStart(CELL - 1)}${shadeOf(each / all)}`;
    });
    return [`${(from ?? FIRST).padEnd(6)}${shown.join('')}`];
  });
  return [`${''.padEnd(6)}${GRADES.map((grade) => `${grade.padStart(CELL - 1)} `).join('')}`, ...rows].map((line) =>
    line.trimEnd(),
  );
};

const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** One mark for each bin, the fullest bin of both sides the highest. */
export const driftLines = ({ bins, psi }: WhatIfFigures['drift']): string[] => {
  if (psi === null) return [];
  const most = Math.max(...bins.flatMap(({ before, after }) => [before, after]));
  const marks = (counts: readonly number[]): string =>
    counts.map((each) => (each === 0 ? ' ' : (LEVELS[Math.ceil((each / most) * LEVELS.length) - 1] ?? ' '))).join('');
  return [
    `scores 0 to 100, before  |${marks(bins.map(({ before }) => before))}|`,
    `                 after   |${marks(bins.map(({ after }) => after))}|  stability index ${psi}`,
  ];
};

export const whatIfLines = (figures: WhatIfFigures): string[] => {
  const { currency, limits } = figures;
  const money = (amount: string): string => `${amount.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',')} ${currency}`;
  return [
    `${figures.rated} of ${figures.customers} rated, exposure ${money(figures.exposure)}, in ${(figures.durationMs / 1000).toFixed(1)} s`,
    ...figures.failures.map(({ reason, count }) => `${count} not rated: ${reason}`),
    '',
    'model grades, before and after',
    ...matrixLines(figures.model),
    '',
    'grades in force, before and after',
    ...matrixLines(figures.inForce),
    '',
    `movers          ${figures.movers}`,
    `held            ${figures.held} better grades would wait for a checker`,
    `limits cut      ${limits.cut.count}, by ${money(limits.cut.amount)}`,
    `limits to raise ${limits.raisable.count}, by up to ${money(limits.raisable.amount)}`,
    `new business    stops with ${limits.stopped.count}, begins again with ${limits.reopened.count}`,
    ...figures.tiers.map(({ from, to, count }) => `tier            ${from ?? 'none'} to ${to}: ${count}`),
    ...figures.terms.map(({ from, to, count }) => `payment term    ${from} to ${to} days: ${count}`),
    '',
    ...driftLines(figures.drift),
  ];
};
