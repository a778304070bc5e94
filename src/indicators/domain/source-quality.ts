/**
 * How good a source is by what came from it (domain rule D11), from 0 to 100:
 *
 *     100 × accepted ÷ (accepted + refused) × (1 − stale ÷ accepted) × (1 − contradicted ÷ accepted)
 *
 * Values are counted, and rows that could not be read as one. Stale is what was older on arrival than the dictionary allows,
 * contradicted what another source said otherwise beyond the tolerance.
 */
import { Decimal } from '../../kernel/decimal';

export interface ArrivalCounts {
  readonly accepted: number;
  readonly stale: number;
  readonly contradicted: number;
  readonly refused: number;
}

/** One place, half-up; null where nothing came. */
export const sourceQuality = ({ accepted, stale, contradicted, refused }: ArrivalCounts): string | null => {
  if (accepted + refused === 0) return null;
  if (accepted === 0) return '0.0';
  return new Decimal(100)
    .times(accepted)
    .div(accepted + refused)
    .times(accepted - stale)
    .div(accepted)
    .times(accepted - contradicted)
    .div(accepted)
    .toFixed(1);
};
