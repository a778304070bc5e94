/** May what a simulation showed be put before approvers? Only what was tried is decided on, and only while it still holds. */
import { Decimal } from '../../kernel/decimal';
import { refuse } from '../../kernel/refusal';
import { ok, type Result } from '../../kernel/result';

/** The newest simulation of the version that came to its end; figures of another definition are those of another version. */
export interface LatestSimulation {
  /** Of the definition that was tried. */
  readonly digest: string;
  readonly startedAt: Date;
  /** Customers now, and those of them whose values or grade in force changed since. */
  readonly customers: number;
  readonly changed: number;
}

export interface SimulationValidity {
  readonly validDays: number;
  readonly shareChangedUpTo: string;
}

const DAY_MS = 86_400_000;

/** Refuses INVALID_STATE with NO_SIMULATION, SIMULATION_OF_OTHER_CONTENT, SIMULATION_TOO_OLD or SIMULATION_OVERTAKEN. */
export const judgeSimulation = (
  digest: string,
  simulation: LatestSimulation | null,
  { validDays, shareChangedUpTo }: SimulationValidity,
  now: Date,
): Result<true> => {
  if (simulation === null) {
    return refuse('INVALID_STATE', 'nobody has seen what this version would do: simulate a run by it first', {
      reason: 'NO_SIMULATION',
    });
  }
  if (simulation.digest !== digest) {
    return refuse('INVALID_STATE', 'the draft was edited after it was simulated: simulate it again', {
      reason: 'SIMULATION_OF_OTHER_CONTENT',
    });
  }
  const days = Math.floor((now.getTime() - simulation.startedAt.getTime()) / DAY_MS);
  if (days >= validDays) {
    return refuse('INVALID_STATE', `the simulation is ${days} days old: simulate it again`, {
      reason: 'SIMULATION_TOO_OLD',
      params: { days, validDays },
    });
  }
  const { customers, changed } = simulation;
  const share = new Decimal(customers === 0 ? 0 : changed).div(Math.max(1, customers));
  if (share.gt(shareChangedUpTo)) {
    return refuse('INVALID_STATE', 'too many customers have changed since the simulation: simulate it again', {
      reason: 'SIMULATION_OVERTAKEN',
      params: { shareChanged: share.toFixed(6, Decimal.ROUND_UP), shareChangedUpTo },
    });
  }
  return ok(true);
};
