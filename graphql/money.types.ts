import { IsISO4217CurrencyCode } from 'class-validator';
import { Field, InputType, ObjectType } from 'type-graphql';
import type { Decimal } from '../src/kernel/decimal';
import { DecimalScalar } from './scalars';

@ObjectType({ description: 'An amount of money.', simpleResolvers: true })
export class Money {
  @Field(() => DecimalScalar, { description: 'Major units, two decimal places.' })
  amount!: string;

  @Field({ description: 'ISO 4217 code.' })
  currency!: string;
}

@InputType({ description: 'An amount of money.' })
export class MoneyInput {
  @Field(() => DecimalScalar, { description: 'Major units, at most two decimal places.' })
  amount!: Decimal;

  @Field({ description: 'ISO 4217 code.' })
  @IsISO4217CurrencyCode()
  currency!: string;
}
