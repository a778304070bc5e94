/** Orders of lists as callers state them: by which field, and from which end; the id breaks ties. */
import { Field, InputType, registerEnumType, type ClassType } from 'type-graphql';
import type { Sort } from '../src/platform/keyset';
import { fault } from './faults';

enum OrderDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}
registerEnumType(OrderDirection, {
  name: 'OrderDirection',
  description: 'Which end comes first.',
  valuesConfig: {
    ASC: { description: 'Smallest, first in the alphabet or oldest.' },
    DESC: { description: 'Largest, last in the alphabet or newest.' },
  },
});

export interface OrderBy<By extends string> {
  field: By;
  direction: Sort<By>['direction'];
}

/** The input of an order over these fields, given with what they mean, and the enum of the fields; both bear the name of the items. */
export const orderByType = <By extends string>(item: string, fields: Readonly<Record<By, string>>) => {
  const names = Object.keys(fields) as By[];
  const fieldEnum = Object.fromEntries(names.map((name) => [name, name]));
  registerEnumType(fieldEnum, {
    name: `${item}OrderField`,
    description: `What a list of ${item} can be ordered by.`,
    valuesConfig: Object.fromEntries(names.map((name) => [name, { description: fields[name] }])),
  });

  @InputType(`${item}OrderBy`, { description: `Order of a list of ${item}; the id breaks ties.` })
  class OrderByType implements OrderBy<By> {
    @Field(() => fieldEnum, { description: 'Ordered by.' })
    field!: By;

    @Field(() => OrderDirection, { defaultValue: OrderDirection.ASC, description: 'Which end comes first.' })
    direction!: Sort<By>['direction'];
  }
  return OrderByType as ClassType<OrderBy<By>>;
};

/** Throws the fault for a field that is named twice. */
export const sortOf = <By extends string>(orderBy: readonly OrderBy<By>[]): Sort<By>[] => {
  if (new Set(orderBy.map(({ field }) => field)).size !== orderBy.length) {
    throw fault('BAD_USER_INPUT', 'a field is ordered by at most once', { reason: 'INVALID_ORDER' });
  }
  return orderBy.map(({ field, direction }) => ({ by: field, direction }));
};
