/** Notes what came from a source, unit of work by unit of work; the rows are only ever added. */
import type { RowCode } from '../customers';
import type { Tx } from '../platform/unit-of-work';
import type { Contradiction } from './domain/find-contradictions';
import { freshnessOf } from './domain/freshness';
import type { Snapshot } from './domain/snapshot';
import type { ArrivalCounts } from './domain/source-quality';

export interface Arrival {
  readonly source: string;
  readonly batchId: string | null;
  readonly snapshots: readonly Snapshot[];
  readonly contradictions: readonly Contradiction[];
  /** Row codes of what was refused. */
  readonly refused: readonly RowCode[];
}

/** Yields what was noted. Where nothing came, nothing is. */
export const noteArrival = async (
  tx: Tx,
  { source, batchId, snapshots, contradictions, refused }: Arrival,
): Promise<ArrivalCounts> => {
  const codes = snapshots.flatMap(({ values, asOf }) => Object.keys(values).map((code) => ({ code, asOf })));
  const counts: ArrivalCounts = {
    accepted: codes.length,
    stale: codes.filter(({ code, asOf }) => !freshnessOf(code, asOf, tx.at).fresh).length,
    contradicted: new Set(contradictions.map(({ arrivedId, indicator }) => `${arrivedId} ${indicator}`)).size,
    refused: refused.length,
  };
  if (counts.accepted + counts.refused === 0) return counts;
  const byCode: Record<string, number> = {};
  for (const code of refused) byCode[code] = (byCode[code] ?? 0) + 1;
  await tx.query(
    `INSERT INTO source_arrival (id, source, batch_id, arrived_at, accepted, stale, contradicted, refused, refusals)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      tx.newId(),
      source,
      batchId,
      tx.at,
      counts.accepted,
      counts.stale,
      counts.contradicted,
      counts.refused,
      JSON.stringify(byCode),
    ],
  );
  return counts;
};

/** All that came with a batch. */
export const arrivalOfBatch = async (tx: Tx, batchId: string): Promise<ArrivalCounts> => {
  const [row] = await tx.query<ArrivalCounts>(
    `SELECT coalesce(sum(accepted), 0)::int AS accepted, coalesce(sum(stale), 0)::int AS stale,
       coalesce(sum(contradicted), 0)::int AS contradicted, coalesce(sum(refused), 0)::int AS refused
     FROM source_arrival WHERE batch_id = $1`,
    [batchId],
  );
  return row ?? { accepted: 0, stale: 0, contradicted: 0, refused: 0 };
};
