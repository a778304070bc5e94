/** Enums that several rooms share. */
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  bandOf,
  GRADE_BANDS,
  GRADES,
  PORTFOLIO_BANDS,
  rankOf,
  type Grade,
  type GradeBand,
  type PortfolioBand,
} from '../src/kernel/grade';
import { ROLES } from '../src/kernel/role';
import { TIERS } from '../src/policies';

/** A TypeScript-style enum object of a list of names, as type-graphql registers them. */
export const enumOf = <const Name extends string>(names: readonly Name[]): { readonly [N in Name]: N } =>
  Object.fromEntries(names.map((name) => [name, name])) as { readonly [N in Name]: N };

export const GradeEnum = enumOf(GRADES);
registerEnumType(GradeEnum, {
  name: 'Grade',
  description: 'The nine grades, best first.',
  valuesConfig: Object.fromEntries(
    GRADES.map((grade) => [grade, { description: `Rank ${rankOf(grade)}, ${bandOf(grade)}.` }]),
  ),
});

export const GradeBandEnum = enumOf(GRADE_BANDS);
registerEnumType(GradeBandEnum, {
  name: 'GradeBand',
  description: 'Four-level view of the grades 「四级」.',
  valuesConfig: {
    EXCELLENT: { description: '优质: AAA and AA.' },
    GOOD: { description: '良好: A and BBB.' },
    FAIR: { description: '一般: BB and B.' },
    AT_RISK: { description: '风险: CCC to C.' },
  },
});

export const PortfolioBandEnum = enumOf(PORTFOLIO_BANDS);
registerEnumType(PortfolioBandEnum, {
  name: 'PortfolioBand',
  description: 'Customer groups by grade, to which resources are given 「客户群」.',
  valuesConfig: {
    QUALITY: { description: '优质客户: AAA and AA; dedicated manager, priority in supply, better terms.' },
    POTENTIAL: { description: '潜力客户: A and BBB; cultivated, joint marketing.' },
    RISK: { description: '风险客户: BB to C; fewer resources, prepayment and guarantees asked.' },
  },
});

export const TierEnum = enumOf(TIERS);
registerEnumType(TierEnum, {
  name: 'Tier',
  description: 'The five tiers 「客户层级」, best first.',
  valuesConfig: {
    DIAMOND: { description: '钻石.' },
    GOLD: { description: '黄金.' },
    SILVER: { description: '白银.' },
    STANDARD: { description: '标准.' },
    WATCH: { description: '观察.' },
  },
});

export const RoleEnum = enumOf(ROLES);
registerEnumType(RoleEnum, {
  name: 'Role',
  description: 'Role of a person or service.',
  valuesConfig: {
    SALES_MAKER: { description: 'Makes requests in sales; never decides.' },
    RISK_ANALYST: { description: 'Rates, imports, makes requests in risk.' },
    RISK_APPROVER: { description: 'Decides requests.' },
    FINANCE_APPROVER: { description: 'Decides requests for finance.' },
    CHIEF_RISK_OFFICER: { description: 'Decides the highest requests.' },
    MODEL_VALIDATOR: { description: 'Validates scorecard versions that others developed; attests each year.' },
    AUDITOR: { description: 'Reads everything, writes nothing.' },
    POLICY_ADMIN: { description: 'Prepares policies.' },
    SYSTEM_ADMIN: { description: 'Operates the installation.' },
    SECURITY_ADMIN: { description: 'Manages users and roles.' },
    SERVICE: { description: 'A program, not a person.' },
  },
});

@ObjectType({ description: 'A grade with its rank and four-level view.', simpleResolvers: true })
export class GradeValue {
  @Field(() => GradeEnum, { description: 'The grade.' })
  value!: Grade;

  @Field(() => Int, { description: '9 for AAA down to 1 for C: higher is better.' })
  rank!: number;

  @Field(() => GradeBandEnum, { description: 'Four-level view.' })
  band!: GradeBand;

  @Field(() => PortfolioBandEnum, { description: 'Customer group to which resources are given.' })
  portfolioBand!: PortfolioBand;
}
