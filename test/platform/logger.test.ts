/** What a log line looks like, and what never stands in one. */
import { createLogger, type LoggerOptions } from '../../src/platform/logger';

const linesOf = (options: Partial<LoggerOptions>, speak: (log: ReturnType<typeof createLogger>) => void): string[] => {
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(line) };
  speak(createLogger({ level: 'info', format: 'json', process: 'test', ...options }, sink));
  return lines;
};

test('JSON names level, time and process', () => {
  const [line] = linesOf({}, (log) => log.info({ requestId: 'r-1' }, 'served'));
  expect(JSON.parse(line!)).toMatchObject({ level: 'info', process: 'test', requestId: 'r-1', msg: 'served' });
  expect(line).toMatch(/"time":"\d{4}-\d\d-\d\dT/);
});

test('text is one line, also for an error', () => {
  const [line] = linesOf({ format: 'text' }, (log) =>
    log.error({ err: new TypeError('broken\nin two'), n: 2 }, 'failed'),
  );
  expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} ERROR failed \(TypeError: broken\) n=2\n$/);
});

test('below the level nothing is said', () => {
  expect(linesOf({ level: 'warn' }, (log) => log.info('hidden'))).toEqual([]);
  expect(linesOf({ level: 'silent' }, (log) => log.fatal('hidden'))).toEqual([]);
});

test.each(['json', 'text'] as const)('secrets are struck out of %s', (format) => {
  const lines = linesOf({ format }, (log) => {
    log.info(
      { token: 'hunter2', request: { headers: { authorization: 'hunter2' } }, login: { password: 'hunter2' } },
      'x',
    );
  });
  expect(lines.join('')).not.toContain('hunter2');
  expect(lines.join('')).toContain('***');
});
