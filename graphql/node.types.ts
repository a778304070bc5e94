import { Field, ID, InterfaceType } from 'type-graphql';
import type { NodeType } from './global-id';

@InterfaceType('Node', {
  description: 'Anything with an opaque id that `node` finds again.',
  resolveType: (value: { __typename: NodeType }) => value.__typename,
})
export abstract class Node {
  @Field(() => ID, { description: 'Opaque id, unique over all types.', simple: true })
  id!: string;
}
