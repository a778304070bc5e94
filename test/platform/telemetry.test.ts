/** Figures from sources that answer, fail, or never come back. */
import type { OutboxBacklog } from '../../src/platform/outbox';
import { createTelemetry, type TelemetrySources } from '../../src/platform/telemetry';

const NOW = new Date('2026-01-15T08:00:00Z');
const sources = (other: Partial<TelemetrySources> = {}): TelemetrySources => ({
  pool: () => ({ total: 7, idle: 2, waiting: 3 }),
  outbox: async () => ({ waiting: 4, oldest: new Date('2026-01-15T07:58:30Z') }),
  auditLog: async () => ({ size: 70, waiting: 3, lagSeconds: 1.5, discrepancies: 2 }),
  ratings: async () => ({
    overdue: 2,
    overdueSince: new Date('2026-01-15T07:59:00Z'),
    lateEvents: 1,
    campaign: { share: 0.4, missed: 1 },
  }),
  queues: async () => new Map([['rating', { waiting: 1, active: 2, delayed: 3, failed: 4, completed: 5 }]]),
  clock: () => NOW,
  ...other,
});

const figures = async (telemetry: { expose(): Promise<string> }): Promise<string[]> =>
  (await telemetry.expose()).split('\n').filter((line) => line.startsWith('tierwarden_'));

test('all figures of one scrape', async () => {
  const telemetry = createTelemetry(sources());
  telemetry.faulted('FORBIDDEN');
  telemetry.refused('REQUIRED');
  telemetry.refused('REQUIRED');
  telemetry.operationEnded('Viewer', 30);
  expect(await figures(telemetry)).toEqual(
    expect.arrayContaining([
      'tierwarden_database_connections{state="total"} 7',
      'tierwarden_database_connections{state="idle"} 2',
      'tierwarden_database_connections{state="waiting"} 3',
      'tierwarden_queue_jobs{queue="rating",state="delayed"} 3',
      'tierwarden_outbox_rows 4',
      'tierwarden_outbox_oldest_seconds 90',
      'tierwarden_audit_log_leaves 70',
      'tierwarden_audit_log_waiting_events 3',
      'tierwarden_audit_log_lag_seconds 1.5',
      'tierwarden_ratings_overdue 2',
      'tierwarden_ratings_overdue_seconds 60',
      'tierwarden_reratings_late 1',
      'tierwarden_rating_campaign_share 0.4',
      'tierwarden_rating_campaign_missed_targets 1',
      'tierwarden_source_up{source="outbox"} 1',
      'tierwarden_source_up{source="queue"} 1',
      'tierwarden_faults_total{code="FORBIDDEN"} 1',
      'tierwarden_user_errors_total{code="REQUIRED"} 2',
      'tierwarden_operation_duration_seconds_bucket{le="0.025",operation="Viewer"} 0',
      'tierwarden_operation_duration_seconds_bucket{le="0.05",operation="Viewer"} 1',
      'tierwarden_operation_duration_seconds_sum{operation="Viewer"} 0.03',
    ]),
  );
});

test('a process of its own: two registries share nothing', async () => {
  const [one, other] = [createTelemetry(sources()), createTelemetry(sources())];
  one.faulted('NOT_FOUND');
  expect(await other.expose()).not.toContain('NOT_FOUND');
});

test('a source that fails leaves no figures behind, old ones included', async () => {
  let fails = false;
  const telemetry = createTelemetry(
    sources({
      outbox: async () => {
        if (fails) throw new Error('gone');
        return { waiting: 4, oldest: null };
      },
    }),
  );
  expect(await figures(telemetry)).toContain('tierwarden_outbox_oldest_seconds 0');
  fails = true;
  const then = await figures(telemetry);
  expect(then.filter((line) => line.startsWith('tierwarden_outbox'))).toEqual([]);
  expect(then).toEqual(
    expect.arrayContaining(['tierwarden_source_up{source="outbox"} 0', 'tierwarden_source_up{source="queue"} 1']),
  );
});

test('a source that hangs is asked once, however often it is scraped', async () => {
  let asked = 0;
  let answer: (backlog: OutboxBacklog) => void = () => undefined;
  const telemetry = createTelemetry(
    sources({
      outbox: () => {
        asked++;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    }),
  );
  const scrapes = await Promise.all([figures(telemetry), figures(telemetry)]);
  for (const lines of scrapes) expect(lines).toContain('tierwarden_source_up{source="outbox"} 0');
  expect(asked).toBe(1);
  const late = figures(telemetry);
  answer({ waiting: 9, oldest: null });
  expect(await late).toContain('tierwarden_outbox_rows 9');
  expect(asked).toBe(1);
});
