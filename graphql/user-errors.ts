/**
 * What a mutation answers to a refusal: a user error in its payload, with code, path, message key and parameters. Only a
 * missing permission is a fault, since nothing in the input could mend it.
 */
import type { ValidationError } from 'class-validator';
import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql';
import { Field, Int, ObjectType, registerEnumType, ArgumentValidationError } from 'type-graphql';
import { messageKey, REFUSAL_CODES, refusal, type Refusal, type RefusalCode } from '../src/kernel/refusal';
import type { Result } from '../src/kernel/result';
import type { GraphContext } from './context';
import { faultOf } from './faults';
import { idempotencyOf, type MutationInput } from './inputs';
import { JsonObjectScalar } from './scalars';
import { noteShowing } from './shown-answers';

const UserErrorCode = Object.fromEntries(
  REFUSAL_CODES.filter((code) => code !== 'FORBIDDEN').map((code) => [code, code]),
) as { [Code in Exclude<RefusalCode, 'FORBIDDEN'>]: Code };

registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'What is wrong with an input, or with the moment for it.',
  valuesConfig: {
    INVALID: { description: 'The value makes no sense here.' },
    REQUIRED: { description: 'A value is missing or blank.' },
    OUT_OF_RANGE: { description: 'The value is outside its allowed range.' },
    NOT_FOUND: { description: 'The object does not exist, or not for the caller.' },
    ALREADY_EXISTS: { description: 'Something with this key is already there.' },
    STALE_VERSION: { description: 'The object changed since it was read; read it again.' },
    IDEMPOTENCY_KEY_REUSED: { description: 'The idempotency key was used with another body.' },
    INVALID_STATE: { description: 'The object is in a state that does not allow this.' },
    MAKER_CANNOT_CHECK: { description: 'Who made a request cannot decide it.' },
    ALREADY_DECIDED: { description: 'The request is closed, or the caller has voted.' },
    AUTHORITY_EXCEEDED: { description: 'The caller does not have the authority that this step needs.' },
    COMMENT_REQUIRED: { description: 'The decision needs a comment.' },
    EVIDENCE_REQUIRED: { description: 'The policy demands evidence.' },
    POLICY_VIOLATION: { description: 'A policy forbids it; `messageKey` says which rule.' },
    LIMIT_EXCEEDED: { description: 'The amount is above the limit.' },
    FROZEN: { description: 'The object is frozen.' },
    EXPIRED: { description: 'A date or period is over.' },
    CONFLICTING_REQUEST: { description: 'Another request on the same subject is open.' },
  },
});

@ObjectType({ description: 'Something the user can mend.', simpleResolvers: true })
export class UserError {
  @Field(() => UserErrorCode, { description: 'What is wrong.' })
  code!: RefusalCode;

  @Field(() => [String], { nullable: true, description: 'Path of the input that is to be mended, under `input`.' })
  field!: readonly string[] | null;

  @Field({ description: 'English sentence for people.' })
  message!: string;

  @Field({ description: 'Key for translation: the code, or code and reason joined by a dot.' })
  messageKey!: string;

  @Field(() => JsonObjectScalar, { nullable: true, description: 'Values to put into a translated message.' })
  params!: Readonly<Record<string, unknown>> | null;

  @Field(() => Int, { nullable: true, description: 'Position in a list input that it concerns.' })
  index!: number | null;
}

export const userErrorOf = (refused: Refusal): UserError => ({
  code: refused.code,
  field: refused.field ?? null,
  message: refused.message,
  messageKey: messageKey(refused),
  params: refused.params ?? null,
  index: refused.index ?? null,
});

export interface Payload {
  readonly userErrors: readonly UserError[];
}

/** The payload of a command's result. */
export const payloadOf = <T, P extends object>(result: Result<T>, succeeded: (value: T) => P): P & Payload => {
  if (result.ok) return { ...succeeded(result.value), userErrors: [] };
  if (result.refusal.code === 'FORBIDDEN') throw faultOf(result.refusal);
  // Every other field of a payload is nullable.
  return { userErrors: [userErrorOf(result.refusal)] } as unknown as P & Payload;
};

/**
 * Around every mutation: its idempotency key goes along with whoever acts, and what class-validator finds in the input
 * becomes user errors of the payload.
 */
export const answeringUserErrors = (schema: GraphQLSchema): GraphQLSchema => {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    if (field.resolve !== undefined) field.resolve = aroundMutation(field.resolve);
  }
  return schema;
};

const aroundMutation =
  (resolve: GraphQLFieldResolver<unknown, GraphContext>): typeof resolve =>
  async (root, args: { readonly input?: MutationInput }, context, info) => {
    context.idempotency = idempotencyOf(info.fieldName, args.input);
    noteShowing(context, info);
    try {
      return await resolve(root, args, context, info);
    } catch (error) {
      if (!(error instanceof ArgumentValidationError)) throw error;
      return { userErrors: validationRefusals(error.extensions.validationErrors).map(userErrorOf) };
    }
  };

const CODES: Readonly<Record<string, RefusalCode>> = {
  isNotEmpty: 'REQUIRED',
  isDefined: 'REQUIRED',
  min: 'OUT_OF_RANGE',
  max: 'OUT_OF_RANGE',
  minLength: 'OUT_OF_RANGE',
  maxLength: 'OUT_OF_RANGE',
  arrayMaxSize: 'OUT_OF_RANGE',
};

const validationRefusals = (errors: readonly ValidationError[], path: readonly string[] = []): Refusal[] =>
  errors.flatMap((error) => {
    const field = [...path, error.property];
    const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) =>
      refusal(CODES[constraint] ?? 'INVALID', message, { field }),
    );
    return [...own, ...validationRefusals(error.children ?? [], field)];
  });
