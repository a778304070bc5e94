import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DISCREPANCY_KINDS, type DiscrepancyKind } from '../../src/audit';
import type { Json } from '../../src/kernel/canonical-json';
import { connectionType } from '../connection';
import { enumOf } from '../enums';
import { Node } from '../node.types';
import { DateTimeScalar, JsonScalar } from '../scalars';

@ObjectType({
  description:
    'How far business tables and audit log were held against one another, row by row and both ways 「完整性核对」.',
})
export class AuditCompleteness {
  @Field(() => Int, { description: 'Leaves of the log whose rows have been read.', simple: true })
  leaves!: number;

  @Field(() => Int, { description: 'Tables that leave a trail in the log.', simple: true })
  tables!: number;

  @Field(() => Int, { description: 'Of them, those that were compared from end to end at least once.', simple: true })
  comparedTables!: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since then every table was compared from end to end; null before all of them were.',
    simple: true,
  })
  comparedSince!: Date | null;

  @Field(() => Int, { description: 'Rows that do not agree with the log now.', simple: true })
  openDiscrepancies!: number;
}

const DiscrepancyKindEnum = enumOf(DISCREPANCY_KINDS);
registerEnumType(DiscrepancyKindEnum, {
  name: 'AuditDiscrepancyKind',
  description: 'How a row and the audit log do not agree.',
  valuesConfig: {
    ROW_WITHOUT_LEAF: { description: 'The log never speaks of the row: it was brought in past the program.' },
    LEAF_WITHOUT_ROW: { description: 'The row is gone, and the log knows of no deletion.' },
    ROW_DIFFERS: { description: 'The row is another than the log left it.' },
  },
});

@ObjectType('AuditDiscrepancy', {
  implements: Node,
  description: 'A row that was found not to be what the audit log says of it 「差异」.',
})
export class AuditDiscrepancy extends Node {
  @Field({ description: 'Table of the row.', simple: true })
  table!: string;

  @Field({ description: 'Key of the row; of several columns as a JSON array.', simple: true })
  key!: string;

  @Field(() => DiscrepancyKindEnum, { description: 'In which way they do not agree.', simple: true })
  kind!: DiscrepancyKind;

  @Field(() => Int, {
    nullable: true,
    description: 'Where the log speaks of the row last; null where never.',
    simple: true,
  })
  leafIndex!: number | null;

  @Field(() => DateTimeScalar, { description: 'When it was found.', simple: true })
  foundAt!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When row and log were seen to agree again; null as long as they do not.',
    simple: true,
  })
  goneAt!: Date | null;
}

export const AuditDiscrepancyConnection = connectionType('AuditDiscrepancy', AuditDiscrepancy);

@ObjectType({ description: 'A state of a stored record, rebuilt from the audit log alone 「由日志还原」.' })
export class AuditRecordVersion {
  @Field(() => Int, { description: 'Leaf of the log that holds it.', simple: true })
  leafIndex!: number;

  @Field(() => ID, { description: 'The audit event with which it was written.', simple: true })
  auditEventId!: string;

  @Field(() => DateTimeScalar, { description: 'When.', simple: true })
  occurredAt!: Date;

  @Field({ description: 'By whom: user id behind the public id, or the name of a system actor.', simple: true })
  actorId!: string;

  @Field({ description: 'What was done.', simple: true })
  action!: string;

  @Field({
    description:
      'What the database did: insert, update, delete; `baseline` for what was there before the log spoke of rows.',
    simple: true,
  })
  operation!: string;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Its columns afterwards, as texts of the database; null once it was deleted.',
    simple: true,
  })
  state!: Json;
}
