import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { GraphContext } from '../context';
import { valueOrFault } from '../faults';
import { DateTimeScalar } from '../scalars';
import { OverrideReport } from './override-report.types';

@Resolver()
export class OverrideReportResolver {
  @Query(() => OverrideReport, {
    description: 'Overrides of grades by direction, reason and person, with what became of the customers since.',
  })
  async overrideReport(
    @Ctx() { app, actor }: GraphContext,
    @Arg('from', () => DateTimeScalar, { nullable: true, description: 'In effect from this moment on.' })
    from?: Date | null,
    @Arg('to', () => DateTimeScalar, { nullable: true, description: 'In effect before this moment.' })
    to?: Date | null,
  ): Promise<OverrideReport> {
    return valueOrFault(await app.validation.queries.overrideReport(actor, { from: from ?? null, to: to ?? null }));
  }
}
