import { Field, ID, InterfaceType } from 'type-graphql';

@InterfaceType('Node', {
  description: 'Anything with an opaque id that `node` finds again.',
})
export abstract class Node {
  @Field(() => ID, { description: 'Opaque id, unique over all types.', simple: true })
  id!: string;
}
