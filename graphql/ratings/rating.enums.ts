import { registerEnumType } from 'type-graphql';
import { BASES } from '../../src/ratings';
import { enumOf } from '../enums';

export const BasisEnum = enumOf(BASES);
registerEnumType(BasisEnum, {
  name: 'GradeBasis',
  description: 'What the grade in force rests on.',
  valuesConfig: {
    MODEL: { description: 'The model grade.' },
    OVERRIDE: { description: 'An approved override.' },
    HELD: { description: 'An older grade, while the model’s much better one waits for a checker.' },
  },
});
