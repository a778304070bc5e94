import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import { GraphContext } from '../context';
import { fault } from '../faults';
import { AuditCheckpoint, AuditConsistency } from './audit-log.types';

@Resolver()
export class AuditLogResolver {
  @Query(() => AuditCheckpoint, {
    nullable: true,
    description: 'The newest checkpoint of the audit log, or the one of that many leaves; null where none was signed.',
  })
  async auditCheckpoint(
    @Ctx() context: GraphContext,
    @Arg('size', () => Int, { nullable: true, description: 'Leaves of the tree.' }) size?: number | null,
  ): Promise<AuditCheckpoint | null> {
    signedIn(context);
    const found = await context.app.audit.log.queries.checkpoint(size ?? null);
    return found === null ? null : { ...found, root: Buffer.from(found.root, 'latin1').toString('base64') };
  }

  @Query(() => AuditConsistency, {
    nullable: true,
    description:
      'Shows that the tree of `toSize` leaves begins with that of `fromSize`; null where the log is smaller.',
  })
  async auditConsistency(
    @Ctx() context: GraphContext,
    @Arg('fromSize', () => Int, { description: 'Leaves of the earlier tree.' }) fromSize: number,
    @Arg('toSize', () => Int, { description: 'Leaves of the later tree.' }) toSize: number,
  ): Promise<AuditConsistency | null> {
    signedIn(context);
    if (fromSize < 0 || fromSize > toSize) {
      throw fault('BAD_USER_INPUT', '`fromSize` is from 0 to `toSize`', { reason: 'OUT_OF_RANGE' });
    }
    const hashes = await context.app.audit.log.queries.consistency(fromSize, toSize);
    return hashes === null ? null : { fromSize, toSize, hashes: [...hashes] };
  }
}

/** Hashes and signatures are for everybody; the door asks who comes all the same. */
const signedIn = (context: GraphContext): void => void context.actor;
