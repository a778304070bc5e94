import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Tier } from '../../src/policies';
import type { Basis } from '../../src/ratings';
import { connectionType } from '../connection';
import { GradeValue, TierEnum } from '../enums';
import { Money } from '../money.types';
import { DateScalar, DateTimeScalar, DecimalScalar } from '../scalars';
import { BasisEnum } from './rating.enums';

@ObjectType({ description: 'How many customers, and how much money of theirs.', simpleResolvers: true })
class CustomersAmount {
  @Field(() => Int, { description: 'Customers.' })
  count!: number;

  @Field(() => Money, { description: 'Together.' })
  amount!: Money;
}

@ObjectType({ description: 'Customers who would go from one grade to another, or stay.', simpleResolvers: true })
class GradeCrossing {
  @Field(() => GradeValue, { nullable: true, description: 'Before; null at a first rating.' })
  from!: GradeValue | null;

  @Field(() => GradeValue, { description: 'After.' })
  to!: GradeValue;

  @Field(() => Int, { description: 'Customers.' })
  count!: number;

  @Field(() => DecimalScalar, { description: 'Share of everybody who can be rated, 0 to 1.' })
  share!: string;

  @Field(() => Money, { description: 'Their credit in use 「敞口」; the approved limit where no use is on record.' })
  exposure!: Money;
}

@ObjectType({ description: 'Customers whose payment term would change 「账期变化」.', simpleResolvers: true })
class TermCrossing {
  @Field(() => Int, { description: 'Days before.' })
  from!: number;

  @Field(() => Int, { description: 'Days after.' })
  to!: number;

  @Field(() => Int, { description: 'Customers.' })
  count!: number;

  @Field(() => Money, { description: 'Their exposure.' })
  exposure!: Money;
}

@ObjectType({ description: 'Customers whose tier would change 「分层变化」.', simpleResolvers: true })
class TierCrossing {
  @Field(() => TierEnum, { nullable: true, description: 'Before; null where there was none.' })
  from!: Tier | null;

  @Field(() => TierEnum, { description: 'After.' })
  to!: Tier;

  @Field(() => Int, { description: 'Customers.' })
  count!: number;

  @Field(() => Money, { description: 'Their exposure.' })
  exposure!: Money;
}

@ObjectType({ description: 'What would become of credit limits.', simpleResolvers: true })
class LimitCrossings {
  @Field(() => CustomersAmount, { description: 'Limits that would be cut at once, and by how much together.' })
  cut!: CustomersAmount;

  @Field(() => CustomersAmount, {
    description: 'Customers who could ask for more than before, and how much more together.',
  })
  raisable!: CustomersAmount;

  @Field(() => CustomersAmount, { description: 'Customers with whom new business would stop; their exposure.' })
  stopped!: CustomersAmount;

  @Field(() => CustomersAmount, { description: 'Customers with whom new business would begin again; their exposure.' })
  reopened!: CustomersAmount;
}

@ObjectType({ description: 'Customers by score.', simpleResolvers: true })
class ScoreBin {
  @Field(() => Int, { description: 'Scores from here on.' })
  from!: number;

  @Field(() => Int, { description: 'Below this one; the last bin holds 100 too.' })
  to!: number;

  @Field(() => Int, { description: 'Customers with such a score in force.' })
  before!: number;

  @Field(() => Int, { description: 'Customers with such a score in the simulation.' })
  after!: number;
}

@ObjectType({ description: 'How far scores would drift, of those who have one in force.', simpleResolvers: true })
class ScoreDrift {
  @Field(() => DecimalScalar, {
    nullable: true,
    description:
      'Population stability index 「群体稳定性指标」 over the bins, Σ (after − before) · ln(after ÷ before) of shares, an empty bin counted as half a customer; null where nobody was rated before.',
  })
  psi!: string | null;

  @Field(() => [ScoreBin], { description: 'Twenty bins of five points each.' })
  bins!: readonly ScoreBin[];
}

@ObjectType({ description: 'Customers who could not be rated, by reason.', simpleResolvers: true })
class ParkedReason {
  @Field({ description: 'Reason code, for example NO_VALUES.' })
  reason!: string;

  @Field(() => Int, { description: 'Customers.' })
  count!: number;
}

@ObjectType({ description: 'What rating everybody so would come to 「模拟测算」.', simpleResolvers: true })
export class PortfolioWhatIf {
  @Field(() => Int, { description: 'Customers at the start.' })
  customers!: number;

  @Field(() => Int, { description: 'Customers who can be rated.' })
  rated!: number;

  @Field(() => [ParkedReason], { description: 'Who cannot, most first.' })
  failures!: readonly ParkedReason[];

  @Field(() => Money, { description: 'Exposure of everybody rated.' })
  exposure!: Money;

  @Field(() => [GradeCrossing], {
    description: 'Migration matrix 「迁徙矩阵」 of the model grades, best first; only what occurs.',
  })
  model!: readonly GradeCrossing[];

  @Field(() => [GradeCrossing], {
    description: 'The same of the grades in force: overrides stay, and much better grades wait for a checker.',
  })
  inForce!: readonly GradeCrossing[];

  @Field(() => Int, { description: 'Customers of whom a grade, the tier, the limit or the term would change.' })
  movers!: number;

  @Field(() => Int, { description: 'Customers whose much better grade would wait for a checker.' })
  held!: number;

  @Field(() => LimitCrossings, { description: 'Limits, by the limit policy that was tried or is in force.' })
  limits!: LimitCrossings;

  @Field(() => [TermCrossing], { description: 'Payment terms that would change, shortest first.' })
  terms!: readonly TermCrossing[];

  @Field(() => [TierCrossing], { description: 'Tiers that would change, best first.' })
  tiers!: readonly TierCrossing[];

  @Field(() => ScoreDrift, { description: 'How far the scores would drift.' })
  drift!: ScoreDrift;

  @Field(() => Int, { description: 'Milliseconds that the simulation took.' })
  durationMs!: number;
}

@ObjectType({ description: 'A customer who would move.' })
export class SimulationMover {
  @Field(() => Int, { description: 'Notches of the model grade, above 0 upwards.', simple: true })
  notches!: number;

  @Field(() => GradeValue, { description: 'Model grade before.', simple: true })
  modelBefore!: GradeValue;

  @Field(() => GradeValue, { description: 'Model grade after.', simple: true })
  modelAfter!: GradeValue;

  @Field(() => GradeValue, { description: 'Grade in force before.', simple: true })
  inForceBefore!: GradeValue;

  @Field(() => GradeValue, { description: 'Grade in force after.', simple: true })
  inForceAfter!: GradeValue;

  @Field(() => BasisEnum, { description: 'What the grade in force would rest on.', simple: true })
  basisAfter!: Basis;

  @Field(() => TierEnum, { nullable: true, description: 'Tier; null where there is none.', simple: true })
  tierBefore!: Tier | null;

  @Field(() => TierEnum, { nullable: true, description: 'Tier that would be.', simple: true })
  tierAfter!: Tier | null;

  @Field(() => DecimalScalar, { description: 'Score in force.', simple: true })
  scoreBefore!: string;

  @Field(() => DecimalScalar, { description: 'Score in the simulation.', simple: true })
  scoreAfter!: string;

  @Field(() => Money, {
    nullable: true,
    description: 'Credit in use; the approved limit where no use is on record. Null for who may not see limits.',
    simple: true,
  })
  exposure!: Money | null;

  @Field(() => Money, { nullable: true, description: 'Approved limit; null for who may not see limits.', simple: true })
  limitBefore!: Money | null;

  @Field(() => Money, {
    nullable: true,
    description: 'What would be left of the limit; null for who may not see limits.',
    simple: true,
  })
  limitAfter!: Money | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Payment term in days; null for who may not see limits.',
    simple: true,
  })
  paymentTermDaysBefore!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Payment term in days that would be; null for who may not see limits.',
    simple: true,
  })
  paymentTermDaysAfter!: number | null;
}

export const SimulationMoverConnection = connectionType('SimulationMover', SimulationMover);

@ObjectType({ description: 'What a simulation showed when a request was submitted.', simpleResolvers: true })
class SimulatedImpact {
  @Field(() => ID, { description: 'The simulation: a `RatingRun`.' })
  runId!: string;

  @Field(() => DateScalar, { description: 'Day whose values were used.' })
  asOf!: string;

  @Field(() => DateTimeScalar, { description: 'When it was simulated.' })
  simulatedAt!: string;

  @Field(() => PortfolioWhatIf, { description: 'What it came to.' })
  figures!: PortfolioWhatIf;
}

@ObjectType({ description: 'What a new version of a scorecard would do.', simpleResolvers: true })
export class ScorecardVersionImpact {
  @Field(() => Int, { description: 'Places that are different from the live version.' })
  changedFromLive!: number;

  @Field(() => [String], { description: 'The first of these places, as paths.' })
  paths!: readonly string[];

  @Field(() => SimulatedImpact, {
    nullable: true,
    description: 'What it would do to the portfolio; null where there was nobody to be rated.',
  })
  whatIf!: SimulatedImpact | null;
}
