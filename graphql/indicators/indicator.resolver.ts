import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { permit } from '../../src/identity';
import { INDICATORS } from '../../src/indicators';
import type { Connection } from '../connection';
import { GraphContext } from '../context';
import { Customer } from '../customers/customer.types';
import { pastIndicatorHistory, pastRecorder } from '../customers/past-customer';
import { valueOrFault } from '../faults';
import { keyOf } from '../global-id';
import { User } from '../identity/user.types';
import { given } from '../inputs';
import { ReadField, reading, ReadPages } from '../reads';
import { payloadOf } from '../user-errors';
import {
  IndicatorConflict,
  IndicatorConflictConnection,
  IndicatorDefinition,
  indicatorDefinition,
  IndicatorHistoryArgs,
  IndicatorSource,
  IndicatorValue,
  IndicatorValueConnection,
  RecordExpertScoreInput,
  RecordExpertScorePayload,
} from './indicator.types';

@Resolver()
export class IndicatorResolver {
  @Query(() => [IndicatorDefinition], { description: 'The indicator dictionary.' })
  indicatorDefinitions(@Ctx() { actor }: GraphContext): IndicatorDefinition[] {
    valueOrFault(permit(actor, 'indicator.read'));
    return INDICATORS.map(indicatorDefinition);
  }
}

@Resolver()
export class IndicatorSourceResolver {
  @Query(() => [IndicatorSource], {
    description: 'Where values came from in the last twelve months, and how good each source was.',
  })
  async indicatorSources(@Ctx() { app, actor, now }: GraphContext): Promise<readonly IndicatorSource[]> {
    return valueOrFault(await app.indicators.queries.sources(actor, now));
  }

  @Mutation(() => RecordExpertScorePayload, {
    description: 'Puts the score that the caller gives a customer on record, with name, day and reason.',
  })
  async recordExpertScore(
    @Ctx() { app, initiator }: GraphContext,
    @Arg('input', () => RecordExpertScoreInput)
    { customerId, code, score, reason, asOf }: RecordExpertScoreInput,
  ): Promise<RecordExpertScorePayload> {
    return payloadOf(
      await app.indicators.commands.recordExpertScore(initiator, {
        customerId: keyOf('Customer', customerId),
        code,
        score,
        reason,
        ...given({ asOf }),
      }),
      (recorded) => ({
        customer: reading('Customer', recorded.customerId),
        auditEvent: reading('AuditEvent', recorded.auditEventId),
      }),
    );
  }
}

@Resolver(() => Customer)
export class CustomerIndicatorsResolver {
  @ReadPages(() => IndicatorValueConnection, {
    description: 'Every value that an indicator ever had, corrections included, newest day first.',
    args: IndicatorHistoryArgs,
    past: pastIndicatorHistory,
  })
  indicatorHistory!: Connection<IndicatorValue>;

  @ReadPages(() => IndicatorConflictConnection, {
    description:
      'Where sources contradicted one another, newest first; the precedence of sources says which value holds.',
  })
  indicatorConflicts!: Connection<IndicatorConflict>;
}

@Resolver(() => IndicatorValue)
export class IndicatorValueResolver {
  @ReadField(() => User, {
    nullable: true,
    description: 'The person who recorded it; null for files and programs that act by themselves.',
    past: pastRecorder,
  })
  recordedBy!: User | null;
}

@Resolver(() => IndicatorConflict)
export class IndicatorConflictResolver {
  @ReadField(() => IndicatorValue, {
    nullable: true,
    description: 'The value that held when the conflict was found, by the precedence of sources.',
  })
  holding!: IndicatorValue | null;

  @ReadField(() => IndicatorValue, { nullable: true, description: 'The value that gave way.' })
  yielding!: IndicatorValue | null;
}
