/**
 * Looking back, for those who audit: the moments that a query names, and those that it inherits from the object it stands
 * on. What is given beats what is inherited, one moment at a time.
 */
import { ArgsType, Field } from 'type-graphql';
import { decideMoments, type Moments } from '../src/kernel/moments';
import { PageArgs } from './connection';
import type { GraphContext } from './context';
import { valueOrFault } from './faults';
import { given } from './inputs';
import { DateTimeScalar } from './scalars';

const AS_OF =
  'Valid time: as it was at this moment, not in the future. Left out, the present, or the moment that the object was asked for at. Needs the permission `audit.read`.';
const KNOWN_AT = 'Recorded time: by what was on record at this moment; otherwise like `asOf`.';

@ArgsType()
export class MomentArgs {
  @Field(() => DateTimeScalar, { nullable: true, description: AS_OF })
  asOf?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: KNOWN_AT })
  knownAt?: Date | null;
}

@ArgsType()
export class PastPageArgs extends PageArgs implements MomentArgs {
  @Field(() => DateTimeScalar, { nullable: true, description: AS_OF })
  asOf?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: KNOWN_AT })
  knownAt?: Date | null;
}

/** Arguments of these names lead into the past, wherever they stand. */
export const MOMENT_ARGUMENTS: ReadonlySet<string> = new Set<keyof MomentArgs>(['asOf', 'knownAt']);

/** Null for the present; a fault for the future. */
export const momentsOf = (
  { now }: GraphContext,
  { asOf, knownAt }: MomentArgs,
  inherited: Moments | null = null,
): Moments | null => valueOrFault(decideMoments({ ...inherited, ...given({ asOf, knownAt }) }, now));

/** What a cursor is bound to. A moment that nobody named goes on from page to page, like the present does. */
export const momentsBinding = ({ now }: GraphContext, { asOf, knownAt }: Moments): (string | null)[] =>
  [asOf, knownAt].map((moment) => (moment < now ? moment.toISOString() : null));
