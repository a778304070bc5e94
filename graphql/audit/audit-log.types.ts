import { Field, Int, ObjectType } from 'type-graphql';
import { DateTimeScalar } from '../scalars';

@ObjectType({
  description:
    'What the audit log signed: so many leaves, and the root of the tree over them. From then on they cannot change unseen.',
})
export class AuditCheckpoint {
  @Field(() => Int, { description: 'Leaves of the tree.', simple: true })
  size!: number;

  @Field({ description: 'Root hash, base64.', simple: true })
  root!: string;

  @Field(() => DateTimeScalar, { description: 'When it was signed.', simple: true })
  signedAt!: Date;

  @Field({
    description:
      'The signed note (C2SP tlog-checkpoint), with the cosignatures of witnesses. It is checked by its bytes.',
    simple: true,
  })
  note!: string;
}

@ObjectType({ description: 'Shows that one tree of the audit log begins with an earlier one (RFC 9162, 2.1.4).' })
export class AuditConsistency {
  @Field(() => Int, { description: 'Leaves of the earlier tree.', simple: true })
  fromSize!: number;

  @Field(() => Int, { description: 'Leaves of the later tree.', simple: true })
  toSize!: number;

  @Field(() => [String], { description: 'Hashes of the proof, base64, in their order.', simple: true })
  hashes!: string[];
}
